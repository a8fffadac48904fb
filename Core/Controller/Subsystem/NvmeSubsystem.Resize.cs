using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>Namespaces whose disk gets another length, while commands run.</content>
public sealed partial class NvmeSubsystem
{
    private readonly Dictionary<AllocatedNamespace, Action> _lengthHandlers = [];

    /// <summary>
    /// Gives the disk of a namespace another length. Commands that have been fetched keep the old bounds, later ones get
    /// the new; the hosts are told by an event, if they have asked for that. A disk that is resized by itself, by
    /// <see cref="IResizableDisk.Resize"/>, has the same effect.
    /// </summary>
    /// <param name="nsid">Its identifier.</param>
    /// <param name="lengthBytes">The new length, a multiple of the disk's block, and not 0.</param>
    /// <exception cref="ArgumentException">There is no such namespace.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No length that the disk can have.</exception>
    /// <exception cref="NotSupportedException">The length of the disk is fixed.</exception>
    /// <exception cref="IOException">The disk's data has no room for it.</exception>
    public void ResizeNamespace(uint nsid, ulong lengthBytes)
    {
        IDisk disk;
        lock (_lock)
        {
            if (!_namespaces.TryGet(nsid, out AllocatedNamespace? target))
                throw new ArgumentException($"There is no namespace {nsid}.", nameof(nsid));
            disk = target.Disk;
        }
        if (disk is not IResizableDisk resizable)
            throw new NotSupportedException("The length of the disk is fixed.");
        // Outside of the lock: it may block, and it calls us back.
        resizable.Resize(lengthBytes);
    }

    private void FollowLength(AllocatedNamespace target)
    {
        if (target.Disk is not IResizableDisk resizable)
            return;
        Action handler = () => OnLengthChanged(target);
        _lengthHandlers.Add(target, handler);
        resizable.LengthChanged += handler;
        target.Resize(); // it may have changed before there was somebody to tell
    }

    private void UnfollowLength(AllocatedNamespace target)
    {
        if (_lengthHandlers.Remove(target, out Action? handler))
            ((IResizableDisk)target.Disk).LengthChanged -= handler;
    }

    private void OnLengthChanged(AllocatedNamespace target)
    {
        lock (_lock)
        {
            if (!_lengthHandlers.ContainsKey(target) || !target.Resize())
                return;
            target.Republish();
            target.Announce();
        }
    }
}
