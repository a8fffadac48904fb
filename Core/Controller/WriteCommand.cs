using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>Write (01h).</summary>
internal sealed class WriteCommand : BlockCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = Locate(
            context, request, in entry, context.MaxTransferBytes, changesData: true, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        status = context.MapData(in entry, (uint)request.LengthBytes, GuestAccess.ReadOnly, request);
        if (status != StatusCode.Success)
            return status;
        request.Operation = DiskOperation.Write;
        DiskStatus answer = request.Submit(target!);
        return answer == DiskStatus.Pending ? Pending : Continue(context, request, answer);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        if (answer == DiskStatus.Success)
        {
            request.Counters.Writes++;
            request.Counters.BytesWritten += request.LengthBytes;
        }
        return StatusOf(answer);
    }
}
