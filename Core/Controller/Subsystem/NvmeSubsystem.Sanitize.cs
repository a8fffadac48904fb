using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Sanitize. It belongs to the subsystem: every namespace, whoever has it, gets Sanitize In Progress from the first
/// moment; commands under way are waited for; then one disk after the other is erased. No reset ends it.
/// </content>
public sealed partial class NvmeSubsystem
{
    private SanitizeStatus _sanitize = SanitizeStatus.None;
    private DiskErasure? _sanitizing;
    private int _sanitizeDisks;
    private int _sanitizeDone;
    private int _sanitizePasses;
    private uint[] _sanitizePatterns = [];
    private Queue<AllocatedNamespace> _sanitizeLeft = new(); // the one whose disk is erased first

    /// <summary>A sanitize operation is in progress, or has failed: how commands that it forbids end; else Success.</summary>
    internal StatusCode SanitizeRefusal
    {
        get
        {
            lock (_lock)
            {
                return _sanitize.IsInProgress ? StatusCode.SanitizeInProgress
                    : _sanitize.HasFailed ? StatusCode.SanitizeFailed
                    : StatusCode.Success;
            }
        }
    }

    /// <summary>Begins a sanitize operation.</summary>
    /// <param name="member">The controller that has the command.</param>
    /// <param name="options">CDW10.</param>
    /// <param name="patterns">What to write, a pass each.</param>
    internal StatusCode StartSanitize(SubsystemMember member, uint options, uint[] patterns)
    {
        List<SeenNamespace> seen;
        lock (_lock)
        {
            if (_sanitize.IsInProgress)
                return StatusCode.SanitizeInProgress;
            bool isRestricted = (options & SanitizeCommand.AllowUnrestrictedExit) == 0;
            if (_sanitize is { HasFailed: true, AllowsUnrestrictedExit: false } && !isRestricted)
                return StatusCode.SanitizeFailed;
            foreach (AllocatedNamespace target in _namespaces.ToArray())
            {
                StatusCode status = CheckErasable(target, member);
                if (status != StatusCode.Success && status != StatusCode.SanitizeFailed)
                    return status;
            }
            _sanitize = SanitizeStatus.Start(options);
            _sanitizeDisks = _namespaces.Count;
            _sanitizeDone = _sanitizePasses = 0;
            _sanitizePatterns = patterns;
            _sanitizeLeft = new Queue<AllocatedNamespace>(_namespaces.ToArray());
            seen = RepublishAll(StatusCode.SanitizeInProgress);
        }
        SeenNamespace.WhenUnused(seen, SanitizeNext);
        return StatusCode.Success;
    }

    /// <summary>Leaves the failure of a sanitize operation, where that was agreed.</summary>
    internal StatusCode ExitSanitizeFailure()
    {
        lock (_lock)
        {
            if (_sanitize.IsInProgress)
                return StatusCode.SanitizeInProgress;
            if (!_sanitize.HasFailed)
                return StatusCode.Success;
            if (!_sanitize.AllowsUnrestrictedExit)
                return StatusCode.SanitizeFailed;
            _sanitize = SanitizeStatus.None;
            RepublishAll(StatusCode.Success);
            return StatusCode.Success;
        }
    }

    /// <summary>Writes the Sanitize Status log page into zeroed memory.</summary>
    internal void WriteSanitizeStatus(Span<byte> page)
    {
        lock (_lock)
        {
            double progress = (_sanitizeDone + (_sanitizing?.Progress ?? 0)) / Math.Max(_sanitizeDisks, 1);
            _sanitize.Write(page, progress, _sanitizing?.PassesDone ?? _sanitizePasses);
        }
    }

    private List<SeenNamespace> RepublishAll(StatusCode unavailable)
    {
        List<SeenNamespace> seen = [];
        foreach (AllocatedNamespace target in _namespaces.ToArray())
        {
            target.Unavailable = unavailable;
            seen.AddRange(target.Republish());
        }
        return seen;
    }

    /// <summary>Erases the first of the namespaces that are left, then the others.</summary>
    private void SanitizeNext()
    {
        DiskErasure? erasure;
        lock (_lock)
            erasure = BeginNextSanitize();
        erasure?.Start();
    }

    /// <summary>Prepares the erasing of the first disk that is left; null: none is, and the operation has ended.</summary>
    private DiskErasure? BeginNextSanitize((int Pass, ulong OffsetBytes) position = default)
    {
        AllocatedNamespace? target;
        while (_sanitizeLeft.TryPeek(out target) && !IsAllocated(target))
            _sanitizeLeft.Dequeue();
        if (target is null)
        {
            EndSanitize(isSuccess: true);
            return null;
        }
        DiskErasure erasure = new(
            target.Disk, _sanitizePatterns, _sanitize.MayDeallocate, answer => OnSanitized(target, answer))
        {
            OnHeld = WakeAll,
            Position = position,
        };
        HoldIfStill(erasure);
        return target.Erasure = _sanitizing = erasure;
    }

    private void OnSanitized(AllocatedNamespace target, DiskStatus answer)
    {
        lock (_lock)
        {
            target.Erasure = _sanitizing = null;
            _sanitizeLeft.Dequeue();
            _sanitizeDone++;
            _sanitizePasses = _sanitizePatterns.Length;
            // One that has been removed meanwhile is the embedder's again, with what is on it.
            if (answer != DiskStatus.Success && IsAllocated(target))
            {
                EndSanitize(isSuccess: false);
                return;
            }
            target.Blocks.OnErased();
        }
        SanitizeNext();
    }

    private bool IsAllocated(AllocatedNamespace target) =>
        _namespaces.TryGet(target.Id, out AllocatedNamespace? found) && found == target;

    private void EndSanitize(bool isSuccess)
    {
        _sanitize = _sanitize.End(isSuccess);
        RepublishAll(isSuccess ? StatusCode.Success : StatusCode.SanitizeFailed);
        foreach (SubsystemMember member in _members.ToArray())
            member.Admin?.Raise(AsynchronousEvent.SanitizeCompleted);
    }
}
