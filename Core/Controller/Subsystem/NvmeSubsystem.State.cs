using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Namespaces as saved state. Each controller's state has all of the subsystem, as it is while all controllers are paused;
/// so with several of them it is restored as often, to the same.
/// </content>
public sealed partial class NvmeSubsystem
{
    /// <summary>Saves the namespaces, as one controller has them. All are paused.</summary>
    internal void Save(StateWriter writer, SubsystemMember member)
    {
        lock (_lock)
        {
            new NamespacesState(
                GetSanitizeState(),
                Array.ConvertAll(_namespaces.ToArray(), each => each.GetState(member))).Save(writer);
        }
    }

    /// <summary>The namespaces that are formatted for a command.</summary>
    internal uint[] GetFormatting(FormatRun run)
    {
        lock (_lock)
            return IdsOf(Array.FindAll(_namespaces.ToArray(), each => each.Formatting?.Run == run));
    }

    /// <summary>Says why a state is not that of these namespaces; null: it may be.</summary>
    internal string? FindMisfit(SubsystemMember member, NamespacesState state)
    {
        lock (_lock)
        {
            if (_sanitize.IsInProgress && !state.Sanitize.Status.IsInProgress)
                return "the namespaces are being sanitized here";
            foreach (AllocatedNamespace target in _namespaces.ToArray())
            {
                if (!Array.Exists(state.All, each => each.Id == target.Id))
                    return $"there is a namespace {target.Id} here that it does not have";
            }
            foreach (NamespaceState each in state.All)
            {
                if (!_namespaces.TryGet(each.Id, out AllocatedNamespace? target))
                    return $"namespace {each.Id} is missing here";
                if (target.FindMisfit(member, each) is { } misfit)
                    return $"namespace {each.Id} {misfit}";
            }
            return null;
        }
    }

    /// <summary>Takes a state over that is that of these namespaces.</summary>
    internal void Restore(SubsystemMember member, NamespacesState state)
    {
        List<DiskErasure> erasures = [];
        lock (_lock)
        {
            if (!_sanitize.IsInProgress)
                RestoreSanitize(state.Sanitize, erasures);
            foreach (NamespaceState each in state.All)
            {
                if (!_namespaces.TryGet(each.Id, out AllocatedNamespace? target))
                    continue; // the embedder has taken it away in this moment
                target.Restore(member, each);
                if (each.Format is { } format && target.Erasure is null)
                {
                    FormatRun? run = state.Runs.GetValueOrDefault(each.Id);
                    erasures.Add(BeginFormat(
                        target, new NamespaceFormatting(format.Index, run), ((int)format.Pass, format.OffsetBytes)));
                }
                target.Unavailable = target.Formatting is null ? SanitizeRefusal : StatusCode.FormatInProgress;
                target.Republish();
            }
        }
        foreach (DiskErasure erasure in erasures)
            erasure.Start(); // held, while all controllers are paused
    }

    private SanitizeState GetSanitizeState() => new()
    {
        Status = _sanitize,
        PassesDone = _sanitizing?.PassesDone ?? _sanitizePasses,
        Disks = _sanitizeDisks,
        DisksDone = _sanitizeDone,
        Patterns = _sanitize.IsInProgress ? _sanitizePatterns : [],
        Left = _sanitize.IsInProgress ? IdsOf(Array.FindAll(_sanitizeLeft.ToArray(), IsAllocated)) : [],
        Position = _sanitizing?.Position ?? default,
    };

    private void RestoreSanitize(SanitizeState state, List<DiskErasure> erasures)
    {
        _sanitize = state.Status;
        _sanitizePasses = state.PassesDone;
        _sanitizeDisks = state.Disks;
        _sanitizeDone = state.DisksDone;
        if (!_sanitize.IsInProgress)
            return;
        _sanitizePatterns = state.Patterns;
        _sanitizeLeft.Clear();
        foreach (uint nsid in state.Left)
        {
            if (_namespaces.TryGet(nsid, out AllocatedNamespace? target))
                _sanitizeLeft.Enqueue(target);
        }
        if (BeginNextSanitize(state.Position) is { } erasure)
            erasures.Add(erasure);
    }
}
