using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The first command of a fused Compare and Write. Base Specification 2.0, "Fused Operations"; NVM Command Set
/// Specification 1.0, "Compare and Write".
/// </summary>
/// <remarks>
/// Both commands are checked before either is run. The pair then enters the atomic section of its blocks, compares, and
/// gives the blocks on to the write, which leaves the section when it has ended. Whichever fails first takes the other
/// with it: <i>Command Aborted due to Failed Fused Command</i>. A pair that this controller does not have, or whose ranges
/// are not the same, gets <i>Invalid Field</i> twice.
/// </remarks>
internal sealed class FusedCompareCommand : CompareCommand
{
    private static readonly FusedCompareCommand First = new();
    private static readonly FusedWriteCommand Second = new();

    /// <summary>Starts a pair that has been fetched whole, and of which neither is aborted.</summary>
    /// <param name="context">The controller's side.</param>
    /// <param name="first">The first command's request; its partner is the second's.</param>
    /// <returns>The first command's status, or <see cref="IoCommand.Pending"/>.</returns>
    public static StatusCode StartPair(IoContext context, IoRequest first)
    {
        IoRequest second = first.Partner!;
        bool isPair = first.Entry.Opcode == (byte)IoOpcode.Compare && second.Entry.Opcode == (byte)IoOpcode.Write
            && HasSameRange(in first.Entry, in second.Entry);
        first.Command = First;
        second.Command = Second;
        return isPair
            ? First.Start(context, first, in first.Entry)
            : EndSecond(first, Refuse(StatusCode.InvalidField), Refuse(StatusCode.InvalidField));
    }

    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        if (!request.TryTakeBuffer(in entry))
            return Pending;
        StatusCode status = TryPrepare(context, request, in entry);
        if (status != StatusCode.Success)
            return EndSecond(request, status, StatusCode.AbortedFailedFused);
        status = FusedWriteCommand.Prepare(context, request.Partner!);
        if (status != StatusCode.Success)
            return EndSecond(request, StatusCode.AbortedFailedFused, status);
        request.EnterSection(request.Namespace!.Blocks.Section);
        return Pending;
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer) =>
        OnAdvanced(request, base.Continue(context, request, answer));

    /// <inheritdoc/>
    public override StatusCode Resume(IoContext context, IoRequest request) =>
        // What a start ends with has been told the second command already.
        request.Section is null
            ? Start(context, request, in request.Entry)
            : OnAdvanced(request, base.Resume(context, request));

    /// <summary>A pair is not aborted: it ends as a whole.</summary>
    public override bool HasStepsLeft(IoRequest request) => false;

    /// <inheritdoc/>
    public override bool CanEndWhileParked => false;

    private static bool HasSameRange(in SubmissionEntry first, in SubmissionEntry second) =>
        first.NamespaceId == second.NamespaceId && first.Cdw10 == second.Cdw10 && first.Cdw11 == second.Cdw11
        && (ushort)first.Cdw12 == (ushort)second.Cdw12;

    /// <summary>Where the comparison has ended, the write begins or ends with it.</summary>
    private static StatusCode OnAdvanced(IoRequest request, StatusCode status)
    {
        if (status == Pending)
            return status;
        if (status != StatusCode.Success)
            return EndSecond(request, status, StatusCode.AbortedFailedFused);
        IoRequest write = request.Partner!;
        request.Partner = null;
        write.Section = request.Section;
        request.Section = null;
        write.SubmitStep(write.Namespace!);
        return StatusCode.Success;
    }

    private static StatusCode EndSecond(IoRequest request, StatusCode status, StatusCode secondStatus)
    {
        request.LeaveSection();
        IoRequest second = request.Partner!;
        request.Partner = null;
        second.Ended = secondStatus;
        second.Resume();
        return status;
    }
}
