using System.Runtime.CompilerServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

// Fused pairs. Base Specification 2.0, "Fused Operations": two entries that follow each other, made known by one write of
// the tail. The first is kept until the second has been fetched, for which there may not be room yet.
internal sealed partial class IoTask
{
    private const int CommandsOfPair = 2;

    /// <summary>A command of a fused pair, one after the first of such a pair, or one without PRPs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StartUncommon(IoQueue queue, in SubmissionEntry entry)
    {
        IoRequest? first = TakeFusedFirst(queue);
        if (first is not null && entry.Fuse == FusedOperation.Second)
        {
            StartSecond(first, PeekFor(queue, in entry), in entry);
            return;
        }
        if (first is not null)
            End(first, StatusCode.AbortedMissingFused);
        // Only here: what ends goes back to the top of the pool.
        IoRequest request = PeekFor(queue, in entry);
        if (entry.Fuse == FusedOperation.First && request.Command is not AbortedCommand && CanHaveSecond(queue))
            KeepFirst(queue, request, in entry);
        else
            OnStarted(request, StartAlone(request, in entry));
    }

    private StatusCode StartAlone(IoRequest request, in SubmissionEntry entry)
    {
        if (request.Command is AbortedCommand)
            return StatusCode.AbortRequested;
        if (entry.Fuse == FusedOperation.Reserved || entry.Psdt == DataTransferKind.Reserved)
            return StatusCode.InvalidField | StatusCode.DoNotRetry;
        return entry.Fuse == FusedOperation.Normal
            ? request.Command.Start(_context, request, in entry)
            : StatusCode.AbortedMissingFused;
    }

    /// <summary>Whether the next entry is known already, and there can ever be room for both completions.</summary>
    private bool CanHaveSecond(IoQueue queue) =>
        queue.Submission.Head != queue.Submission.Tail && _pool.All.Length >= CommandsOfPair;

    private void KeepFirst(IoQueue queue, IoRequest request, in SubmissionEntry entry)
    {
        request.Entry = entry;
        Take(request); // and no memory: the guest may never let the second come
        queue.FusedFirst = request;
        queue.IsFusing = 1;
    }

    private static IoRequest? TakeFusedFirst(IoQueue queue)
    {
        IoRequest? first = queue.FusedFirst;
        queue.FusedFirst = null;
        queue.IsFusing = 0;
        return first;
    }

    private void StartSecond(IoRequest first, IoRequest second, in SubmissionEntry entry)
    {
        if (second.Command is AbortedCommand)
        {
            OnStarted(second, StatusCode.AbortRequested); // from the top of the pool: before the first returns to it
            End(first, StatusCode.AbortedFailedFused);
            return;
        }
        second.Entry = entry;
        Take(second);
        HoldMemory(first);
        HoldMemory(second);
        first.Partner = second;
        StatusCode status = FusedCompareCommand.StartPair(_context, first);
        if (status != IoCommand.Pending)
            End(first, status);
    }

    /// <summary>Leaves the section that a dropped request holds, and has the command that goes with it dropped too.</summary>
    private static void LeavePair(IoRequest request)
    {
        request.LeaveSection();
        IoRequest? partner = request.Partner;
        request.Partner = null;
        partner?.Resume();
    }
}
