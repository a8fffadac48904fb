using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>A disk in an array that reads, writes and flushes, and knows nothing else.</summary>
internal sealed class PlainDisk(int lengthBytes) : IDisk
{
    public byte[] Bytes { get; } = new byte[lengthBytes];

    public int BlockBytes => 512;

    public ulong LengthBytes => (ulong)Bytes.Length;

    public bool IsReadOnly => false;

    public DiskStatus Submit(DiskRequest request)
    {
        if (request.Operation == DiskOperation.Flush)
            return DiskStatus.Success;
        if (request.Operation is not (DiskOperation.Read or DiskOperation.Write))
            return DiskStatus.NotSupported;
        Span<byte> rest = Bytes.AsSpan((int)request.OffsetBytes);
        foreach (GuestSegment segment in request.Segments)
        {
            Span<byte> onDisk = rest[..(int)segment.LengthBytes];
            if (request.Operation == DiskOperation.Write)
                segment.Span.CopyTo(onDisk);
            else
                onDisk.CopyTo(segment.Span);
            rest = rest[onDisk.Length..];
        }
        return DiskStatus.Success;
    }

    public void Dispose()
    {
    }
}
