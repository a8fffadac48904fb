using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>Write Zeroes (08h). It moves no data, so MDTS does not limit it.</summary>
internal sealed class WriteZeroesCommand : BlockCommand
{
    // CDW12.DEAC
    private const uint DeallocateBit = 1u << 25;

    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = Locate(
            context, request, in entry, ulong.MaxValue, changesData: true, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        status = AdmitStart(request, target!, changesData: true, in entry);
        if (status != StatusCode.Success)
            return status;
        request.ClearSegments();
        request.Operation = DiskOperation.WriteZeroes;
        request.MayDeallocate = (entry.Cdw12 & DeallocateBit) != 0;
        DiskStatus answer = request.Submit(target!);
        return answer == DiskStatus.Pending ? Pending : Continue(context, request, answer);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        if (answer == DiskStatus.Success)
            OnWritten(request);
        return StatusOf(answer);
    }
}
