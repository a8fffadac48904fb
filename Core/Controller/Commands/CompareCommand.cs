using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Compare (05h): whether the blocks are as the guest's data. NVM Command Set Specification 1.0, "Compare command".
/// </summary>
internal class CompareCommand : ScanCommand
{
    protected override StatusCode Prepare(
        IoContext context, IoRequest request, IoBuffer buffer, in SubmissionEntry entry, out Namespace? target)
    {
        StatusCode status = LocateRange(context, request, buffer, in entry, context.MaxTransferBytes, out target);
        if (status != StatusCode.Success)
            return status;
        return context.MapData(
            in entry,
            (uint)request.LengthBytes,
            GuestAccess.ReadOnly,
            request,
            request.SegmentBuffer[OwnSegments..],
            out buffer.GuestSegments);
    }

    protected override StatusCode OnPiece(IoRequest request, IoBuffer buffer, ReadOnlySpan<byte> piece)
    {
        ulong skip = buffer.DoneBytes;
        foreach (GuestSegment segment in request.SegmentBuffer.Slice(OwnSegments, buffer.GuestSegments))
        {
            if (skip >= segment.LengthBytes)
            {
                skip -= segment.LengthBytes;
                continue;
            }
            ReadOnlySpan<byte> data = segment.Span[(int)skip..];
            skip = 0;
            if (data.Length > piece.Length)
                data = data[..piece.Length];
            if (!data.SequenceEqual(piece[..data.Length]))
                return Refuse(StatusCode.CompareFailure);
            piece = piece[data.Length..];
            if (piece.IsEmpty)
                break;
        }
        return StatusCode.Success;
    }

    protected override void OnEnd(IoRequest request, IoBuffer buffer)
    {
        request.Counters.Reads++;
        request.Counters.BytesRead += buffer.LengthBytes;
    }
}
