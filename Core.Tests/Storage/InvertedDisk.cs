using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>The example of docs/storage.md, which a test holds to be this.</summary>
internal sealed class InvertedDisk(byte[] data, int blockBytes) : IDisk
{
    private bool _closed;

    public int BlockBytes => blockBytes;

    public ulong LengthBytes => (ulong)data.Length;

    public bool IsReadOnly => false;

    public DiskStatus Submit(DiskRequest request)
    {
        if (Volatile.Read(ref _closed))
            return DiskStatus.Aborted;
        if (!request.FitsIn(LengthBytes))
            return DiskStatus.InternalError;
        int at = (int)request.OffsetBytes;
        switch (request.Operation)
        {
            case DiskOperation.Read:
                foreach (GuestSegment segment in request.Segments)
                {
                    foreach (ref byte value in segment.Span)
                        value = (byte)~data[at++];
                }
                return DiskStatus.Success;
            case DiskOperation.Write:
                foreach (GuestSegment segment in request.Segments)
                {
                    foreach (byte value in segment.Span)
                        data[at++] = (byte)~value;
                }
                return DiskStatus.Success;
            case DiskOperation.WriteZeroes or DiskOperation.Discard:
                data.AsSpan(at, (int)request.LengthBytes).Fill(0xFF);
                return DiskStatus.Success;
            case DiskOperation.Flush:
                return DiskStatus.Success;
            default:
                return DiskStatus.NotSupported;
        }
    }

    public void Dispose() => Volatile.Write(ref _closed, true);
}
