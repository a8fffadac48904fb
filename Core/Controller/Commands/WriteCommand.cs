using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>Write (01h).</summary>
internal class WriteCommand : BlockCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = LocateWrite(context, request, in entry, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        status = AdmitStart(request, target!, changesData: true, in entry);
        if (status != StatusCode.Success)
            return status;
        status = context.MapData(in entry, (uint)request.LengthBytes, GuestAccess.ReadOnly, request);
        if (status != StatusCode.Success)
            return StartExtended(context, request, in entry, target!, GuestAccess.ReadOnly, status);
        DiskStatus answer = request.Submit(target!);
        return answer == DiskStatus.Pending ? Pending : Finish(request, answer);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer) =>
        Finish(request, answer);

    /// <summary>Checks the command, and makes its request ready for the disk but for the segments.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static StatusCode LocateWrite(
        IoContext context, IoRequest request, in SubmissionEntry entry, out Namespace? target)
    {
        StatusCode status = Locate(
            context, request, in entry, context.MaxTransferBytes, changesData: true, out target);
        if (status != StatusCode.Success)
            return status;
        request.Operation = DiskOperation.Write;
        return (entry.Cdw12 & DirectiveTypeMask) == 0 ? StatusCode.Success : Refuse(StatusCode.InvalidField);
    }

    private static StatusCode Finish(IoRequest request, DiskStatus answer)
    {
        if (answer == DiskStatus.Success)
        {
            request.Counters.Writes++;
            request.Counters.BytesWritten += request.LengthBytes;
            OnWritten(request);
        }
        return StatusOf(answer);
    }
}
