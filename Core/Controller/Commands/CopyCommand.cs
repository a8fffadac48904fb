using System.Buffers.Binary;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Copy (19h) within a namespace, source range entries of format 0h. NVM Command Set Specification 1.0, "Copy command":
/// SDLBA in CDW10 and CDW11; in CDW12 NR (0-based) in 7:0, descriptor format in 11:8, DTYPE in 23:20, FUA in 30. Entries of
/// 32 bytes: first block at 8, number of blocks (0-based) at 16.
/// </summary>
/// <remarks>
/// All sources are read before anything is written: they may overlap each other and the destination, and a source that
/// cannot be read changes nothing. What is under way is held, so the limits (MSSRL, MCL) are those of a buffer.
/// </remarks>
internal sealed class CopyCommand : SteppedCommand
{
    /// <summary>MSRC + 1: the most source ranges.</summary>
    public const int MaxRanges = IoBuffer.ListBytes / RangeBytes;

    private const int RangeBytes = 32;
    private const uint FormatMask = 0xF << 8;

    /// <summary>MCL, and MSSRL: the most blocks of a command, and of one of its ranges.</summary>
    public static uint MaxBlocks(int blockShift) => (uint)IoBuffer.DataBytes >> blockShift;

    protected override StatusCode Prepare(
        IoContext context, IoRequest request, IoBuffer buffer, in SubmissionEntry entry, out Namespace? target)
    {
        ulong firstBlock = entry.Cdw10 | ((ulong)entry.Cdw11 << 32);
        request.Lba = firstBlock;
        if (!context.Namespaces.TryGet(entry.NamespaceId, out target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        if ((entry.Cdw12 & (FormatMask | DirectiveTypeMask)) != 0)
            return Refuse(StatusCode.InvalidField);
        if (target.WriteRefusal != StatusCode.Success)
            return target.WriteRefusal;
        int count = (int)(entry.Cdw12 & 0xFF) + 1;
        if (count > MaxRanges)
            return Refuse(StatusCode.CommandSizeLimitExceeded);
        StatusCode status = context.CopyIn(in entry, request, buffer.List[..(count * RangeBytes)]);
        if (status != StatusCode.Success)
            return status;
        status = CheckRanges(request, buffer, target, count, out uint blocks);
        if (status != StatusCode.Success)
            return status;
        if (!target.Contains(firstBlock, blocks))
            return Refuse(StatusCode.LbaOutOfRange);
        buffer.Count = count;
        buffer.OffsetBytes = firstBlock << target.BlockShift;
        buffer.LengthBytes = (ulong)blocks << target.BlockShift;
        buffer.ForceUnitAccess = IsDurable(context, in entry);
        return StatusCode.Success;
    }

    protected override bool SetStep(IoRequest request, IoBuffer buffer)
    {
        if (buffer.Index > buffer.Count)
            return false;
        if (buffer.Index == buffer.Count)
        {
            request.Operation = DiskOperation.Write;
            request.OffsetBytes = buffer.OffsetBytes;
            request.LengthBytes = buffer.LengthBytes;
            request.ForceUnitAccess = buffer.ForceUnitAccess;
            request.SetSegment(buffer.Segment(0, buffer.LengthBytes));
            return true;
        }
        (ulong firstBlock, uint blockCount) = ReadRange(buffer, buffer.Index);
        int shift = request.Namespace!.BlockShift;
        request.Operation = DiskOperation.Read;
        request.OffsetBytes = firstBlock << shift;
        request.LengthBytes = (ulong)blockCount << shift;
        request.ForceUnitAccess = false;
        request.SetSegment(buffer.Segment(buffer.DoneBytes, request.LengthBytes));
        return true;
    }

    protected override StatusCode OnStep(IoRequest request, IoBuffer buffer, DiskStatus answer)
    {
        if (answer != DiskStatus.Success)
            return StatusOf(answer);
        if (buffer.Index++ == buffer.Count)
            OnWritten(request);
        else
            buffer.DoneBytes += request.LengthBytes;
        return StatusCode.Success;
    }

    private static StatusCode CheckRanges(
        IoRequest request, IoBuffer buffer, Namespace target, int count, out uint blocks)
    {
        uint most = MaxBlocks(target.BlockShift);
        blocks = 0;
        for (int index = 0; index < count; index++)
        {
            (ulong firstBlock, uint blockCount) = ReadRange(buffer, index);
            blocks += blockCount;
            if (blocks > most)
                return Refuse(StatusCode.CommandSizeLimitExceeded);
            if (target.Contains(firstBlock, blockCount))
                continue;
            request.Lba = firstBlock;
            return Refuse(StatusCode.LbaOutOfRange);
        }
        return StatusCode.Success;
    }

    private static (ulong FirstBlock, uint BlockCount) ReadRange(IoBuffer buffer, int index)
    {
        ReadOnlySpan<byte> range = buffer.List.Slice(index * RangeBytes, RangeBytes);
        return (
            BinaryPrimitives.ReadUInt64LittleEndian(range[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(range[16..]) + 1u);
    }
}
