using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Write Uncorrectable (04h): the blocks give Unrecovered Read Error until they are written. NVM Command Set
/// Specification 1.0, "Write Uncorrectable command". All controllers that have the namespace see it; the disk knows
/// nothing of it, so it lasts as long as the namespace does. It moves no data, so MDTS does not limit it.
/// </summary>
internal sealed class WriteUncorrectableCommand : BlockCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = Locate(
            context, request, in entry, ulong.MaxValue, changesData: true, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        status = AdmitStart(request, target!, changesData: true, in entry);
        if (status != StatusCode.Success)
            return status;
        return target!.Blocks.TryMarkUncorrectable(request.OffsetBytes, request.LengthBytes)
            ? StatusCode.Success
            : StatusCode.InternalError;
    }
}
