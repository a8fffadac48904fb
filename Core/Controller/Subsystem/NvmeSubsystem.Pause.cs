using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Pauses of controllers. What belongs to the subsystem and takes long, the erasing of disks, goes on as long as one of its
/// controllers runs, and is held while all of them are paused.
/// </content>
public sealed partial class NvmeSubsystem
{
    private bool _isHolding;

    /// <summary>All controllers are paused.</summary>
    internal bool IsHolding
    {
        get
        {
            lock (_lock)
                return _isHolding;
        }
    }

    /// <summary>A controller runs, and erasing is nobody's concern; or what erases disks is held.</summary>
    internal bool IsStill
    {
        get
        {
            lock (_lock)
            {
                return !_isHolding
                    || (Array.TrueForAll(_namespaces.ToArray(), target => target.Erasure is null or { IsHeld: true })
                        && (!_sanitize.IsInProgress || _sanitizing is { IsHeld: true }));
            }
        }
    }

    /// <summary>A controller is paused, or runs again.</summary>
    internal void SetPaused(SubsystemMember member, bool isPaused)
    {
        lock (_lock)
        {
            member.IsPaused = isPaused;
            FollowPauses();
        }
    }

    private void FollowPauses()
    {
        // With the last controller nothing changes: what it had held is another's by now, on the same disk perhaps.
        if (_members.Count == 0)
            return;
        bool isHolding = Array.TrueForAll(_members.ToArray(), member => member.IsPaused);
        if (isHolding == _isHolding)
            return;
        _isHolding = isHolding;
        foreach (AllocatedNamespace target in _namespaces.ToArray())
        {
            if (isHolding)
                target.Erasure?.Hold();
            else
                target.Erasure?.Continue();
        }
    }

    private void HoldIfStill(DiskErasure erasure)
    {
        if (_isHolding)
            erasure.Hold();
    }

    /// <summary>Has every controller look whether what it waits for has come.</summary>
    private void WakeAll()
    {
        lock (_lock)
        {
            foreach (SubsystemMember member in _members.ToArray())
                member.Admin?.Waker.Wake();
        }
    }
}
