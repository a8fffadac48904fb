using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>Read (02h).</summary>
internal sealed class ReadCommand : BlockCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = Locate(
            context, request, in entry, context.MaxTransferBytes, changesData: false, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        status = AdmitStart(request, target!, changesData: false, in entry);
        if (status != StatusCode.Success)
            return status;
        request.Operation = DiskOperation.Read;
        status = context.MapData(in entry, (uint)request.LengthBytes, GuestAccess.ReadWrite, request);
        if (status != StatusCode.Success)
            return StartExtended(context, request, in entry, target!, GuestAccess.ReadWrite, status);
        DiskStatus answer = request.Submit(target!);
        return answer == DiskStatus.Pending ? Pending : Continue(context, request, answer);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        if (answer == DiskStatus.Success)
        {
            request.Counters.Reads++;
            request.Counters.BytesRead += request.LengthBytes;
        }
        return StatusOf(answer);
    }
}
