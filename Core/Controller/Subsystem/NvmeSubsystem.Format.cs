using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Format NVM. New commands on the namespace get Format In Progress from the first moment; those under way are waited
/// for; then the disk is erased, piece by piece, and the namespace is seen with its new format. It belongs to the
/// namespace, not to the controller: a reset does not end it.
/// </content>
public sealed partial class NvmeSubsystem
{
    private static readonly uint[] Zeroes = [0];

    /// <summary>Begins to format a namespace, or all that are attached to the controller.</summary>
    /// <param name="member">The controller that has the command.</param>
    /// <param name="nsid">The namespace, or FFFFFFFFh.</param>
    /// <param name="format">Index of the LBA format.</param>
    /// <param name="run">The command: begun, if Success is returned.</param>
    internal StatusCode StartFormat(SubsystemMember member, uint nsid, int format, FormatRun run)
    {
        List<Action> started = [];
        lock (_lock)
        {
            StatusCode refusal = SanitizeRefusal;
            if (refusal != StatusCode.Success)
                return refusal;
            AllocatedNamespace[] targets = Array.FindAll(
                _namespaces.ToArray(), each => each.IsAttachedTo(member) && nsid.Covers(each.Id));
            if (targets.Length == 0 && nsid != NamespaceIds.All)
                return StatusCode.InvalidNamespaceOrFormat;
            foreach (AllocatedNamespace target in targets)
            {
                StatusCode status = CheckErasable(target, member);
                if (status != StatusCode.Success)
                    return status;
                if (LbaFormats.GetShift(format, target.Disk) == 0)
                    return StatusCode.InvalidFormat;
            }
            run.Begin(targets.Length);
            foreach (AllocatedNamespace target in targets)
            {
                target.Unavailable = StatusCode.FormatInProgress;
                DiskErasure erasure = BeginFormat(target, new NamespaceFormatting(format, run));
                SeenNamespace[] seen = target.Republish();
                started.Add(() => SeenNamespace.WhenUnused(seen, erasure.Start));
            }
        }
        foreach (Action start in started)
            start();
        return StatusCode.Success;
    }

    /// <summary>Prepares the erasing of a disk.</summary>
    /// <param name="target">The namespace.</param>
    /// <param name="formatting">What for.</param>
    /// <param name="position">Where to begin.</param>
    private DiskErasure BeginFormat(
        AllocatedNamespace target, NamespaceFormatting formatting, (int Pass, ulong OffsetBytes) position = default)
    {
        DiskErasure erasure = new(target.Disk, Zeroes, mayDeallocate: true, answer =>
        {
            EndFormat(target, formatting.Format, answer);
            formatting.Run?.OnEnded(StatusOf(answer));
        })
        {
            OnHeld = WakeAll,
            Position = position,
        };
        HoldIfStill(erasure);
        target.Formatting = formatting;
        target.Erasure = erasure;
        return erasure;
    }

    private static StatusCode StatusOf(DiskStatus answer) => answer switch
    {
        DiskStatus.Success => StatusCode.Success,
        DiskStatus.WriteFault => StatusCode.WriteFault,
        DiskStatus.Full => StatusCode.CapacityExceeded,
        _ => StatusCode.InternalError,
    };

    private static StatusCode CheckErasable(AllocatedNamespace target, SubsystemMember member)
    {
        if (target.Unavailable != StatusCode.Success)
            return target.Unavailable;
        if (target.Disk.IsReadOnly)
            return StatusCode.NamespaceWriteProtected;
        return target.Reservations.MayWrite(member.Host) ? StatusCode.Success : StatusCode.ReservationConflict;
    }

    // One that has failed has its old format, and what is on it is undefined.
    private void EndFormat(AllocatedNamespace target, int format, DiskStatus answer)
    {
        PooledDisk? pooled = target.Pooled;
        int shift = LbaFormats.GetShift(format, target.Disk);
        try
        {
            if (answer == DiskStatus.Success && pooled is not null)
                pooled = Options.Pool!.SetBlock(pooled, 1 << shift);
        }
        catch (Exception)
        {
            // It is formatted all the same; the next life will find it with the old block, and zeroes.
        }
        lock (_lock)
        {
            target.Erasure = null;
            target.Formatting = null;
            target.Pooled = pooled;
            if (answer == DiskStatus.Success)
            {
                target.BlockShift = shift;
                target.Blocks.OnErased();
            }
            target.Unavailable = SanitizeRefusal;
            target.Republish();
            target.Announce();
        }
    }
}
