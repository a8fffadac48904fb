using System.Buffers.Binary;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Dataset Management (09h). NVM Command Set Specification 1.0, "Dataset Management command": NR (0-based) in CDW10 7:0;
/// in CDW11 IDR in 0, IDW in 1, AD in 2. Ranges of 16 bytes: context attributes, length in blocks, first block.
/// </summary>
/// <remarks>
/// Deallocation gives the room on the disk back, range by range. What the attributes and IDR, IDW say of later accesses
/// is checked for its form and otherwise has no effect. Every range is checked before the first is deallocated.
/// </remarks>
internal sealed class DatasetManagementCommand : SteppedCommand
{
    private const uint Deallocate = 1 << 2;
    private const int RangeBytes = 16;

    protected override StatusCode Prepare(
        IoContext context, IoRequest request, IoBuffer buffer, in SubmissionEntry entry, out Namespace? target)
    {
        if (!context.Namespaces.TryGet(entry.NamespaceId, out target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        bool deallocates = (entry.Cdw11 & Deallocate) != 0;
        if (deallocates && target.WriteRefusal != StatusCode.Success)
            return target.WriteRefusal;
        int count = (int)(entry.Cdw10 & 0xFF) + 1;
        StatusCode status = context.CopyIn(in entry, request, buffer.List[..(count * RangeBytes)]);
        if (status != StatusCode.Success)
            return status;
        for (int index = 0; index < count; index++)
        {
            (ulong firstBlock, uint blockCount) = ReadRange(buffer, index);
            if (target.Contains(firstBlock, blockCount))
                continue;
            request.Lba = firstBlock;
            return Refuse(StatusCode.LbaOutOfRange);
        }
        buffer.Count = deallocates ? count : 0;
        request.ForceUnitAccess = context.WritesThrough;
        return StatusCode.Success;
    }

    protected override bool SetStep(IoRequest request, IoBuffer buffer)
    {
        for (; buffer.Index < buffer.Count; buffer.Index++)
        {
            (ulong firstBlock, uint blockCount) = ReadRange(buffer, buffer.Index);
            if (blockCount == 0)
                continue;
            int shift = request.Namespace!.BlockShift;
            request.Operation = DiskOperation.Discard;
            request.OffsetBytes = firstBlock << shift;
            request.LengthBytes = (ulong)blockCount << shift;
            request.ClearSegments();
            return true;
        }
        return false;
    }

    protected override StatusCode OnStep(IoRequest request, IoBuffer buffer, DiskStatus answer)
    {
        buffer.Index++;
        // To deallocate is a hint: a disk that cannot leaves the data as it is.
        if (answer == DiskStatus.NotSupported)
            return StatusCode.Success;
        if (answer == DiskStatus.Success)
            OnWritten(request);
        return StatusOf(answer);
    }

    private static (ulong FirstBlock, uint BlockCount) ReadRange(IoBuffer buffer, int index)
    {
        ReadOnlySpan<byte> range = buffer.List.Slice(index * RangeBytes, RangeBytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(range[8..]), BinaryPrimitives.ReadUInt32LittleEndian(range[4..]));
    }
}
