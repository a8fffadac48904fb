using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>The second command of a fused Compare and Write: submitted by the first one, which has entered the section.</summary>
internal sealed class FusedWriteCommand : WriteCommand
{
    /// <summary>Checks the command and makes its request ready for the disk.</summary>
    public static StatusCode Prepare(IoContext context, IoRequest request)
    {
        StatusCode status = LocateWrite(context, request, in request.Entry, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        request.Namespace = target;
        return context.MapData(
            in request.Entry, (uint)request.LengthBytes, GuestAccess.ReadOnly, request);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        StatusCode status = base.Continue(context, request, answer);
        request.LeaveSection();
        return status;
    }

    /// <inheritdoc/>
    public override bool CanEndWhileParked => false;

    /// <summary>The first command has ended this one.</summary>
    public override StatusCode Resume(IoContext context, IoRequest request) => request.Ended;
}
