using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>A command that reads a range of blocks piece by piece, and looks at what it has read.</summary>
internal abstract class ScanCommand : SteppedCommand
{
    /// <summary>Stretches of memory that a piece needs; what a request holds behind them is the command's.</summary>
    protected const int OwnSegments = 1;

    /// <summary>Looks at a piece.</summary>
    /// <returns>Success, or the status the command ends with.</returns>
    protected abstract StatusCode OnPiece(IoRequest request, IoBuffer buffer, ReadOnlySpan<byte> piece);

    protected override bool SetStep(IoRequest request, IoBuffer buffer)
    {
        ulong length = Math.Min(buffer.LengthBytes - buffer.DoneBytes, IoBuffer.DataBytes);
        if (length == 0)
            return false;
        request.Operation = DiskOperation.Read;
        request.OffsetBytes = buffer.OffsetBytes + buffer.DoneBytes;
        request.LengthBytes = length;
        request.SetSegment(buffer.Segment(0, length));
        return true;
    }

    protected override StatusCode OnStep(IoRequest request, IoBuffer buffer, DiskStatus answer)
    {
        if (answer != DiskStatus.Success)
            return StatusOf(answer);
        StatusCode status = OnPiece(request, buffer, buffer.Data[..(int)request.LengthBytes]);
        buffer.DoneBytes += request.LengthBytes;
        return status;
    }

    /// <summary>Finds the range, of which no more than <paramref name="maxBytes"/>, and notes it in the buffer.</summary>
    protected static StatusCode LocateRange(
        IoContext context,
        IoRequest request,
        IoBuffer buffer,
        in SubmissionEntry entry,
        ulong maxBytes,
        out Namespace? target)
    {
        StatusCode status = Locate(context, request, in entry, maxBytes, changesData: false, out target);
        buffer.OffsetBytes = request.OffsetBytes;
        buffer.LengthBytes = request.LengthBytes;
        return status;
    }
}
