using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A disk in this process's memory; what is on it is gone when it is disposed. Memory is taken from the system as it is
/// written. Every request is finished inside <see cref="Submit"/>. See <see cref="IDisk"/> for the contract.
/// </summary>
public sealed class RamDisk : IDisk
{
    private const ulong MaxChunkBytes = 1 << 30;

    private readonly NativeBlock _memory;
    private readonly RequestGate _gate = new();

    /// <summary>A RAM disk, all zeroes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The block is no power of two from 512 to 65536, or the length is
    /// 0, over 2^63 - 1, or no multiple of it.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public RamDisk(ulong lengthBytes, int blockBytes = 512)
    {
        DiskGeometry.Check(lengthBytes, blockBytes);
        _memory = new NativeBlock(checked((nuint)lengthBytes), 4096);
        LengthBytes = lengthBytes;
        BlockBytes = blockBytes;
    }

    /// <inheritdoc/>
    public int BlockBytes { get; }

    /// <inheritdoc/>
    public ulong LengthBytes { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public DiskStatus Submit(DiskRequest request)
    {
        if (!_gate.TryEnter())
            return DiskStatus.Aborted;
        DiskStatus status = request.FitsIn(LengthBytes) ? Run(request) : DiskStatus.InternalError;
        _gate.Exit();
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.CloseAndWait();
        _memory.Dispose();
    }

    private DiskStatus Run(DiskRequest request)
    {
        switch (request.Operation)
        {
            case DiskOperation.Read or DiskOperation.Write:
                return Copy(request, request.Operation == DiskOperation.Write);
            case DiskOperation.Flush:
                return DiskStatus.Success;
            case DiskOperation.WriteZeroes:
                for (ulong done = 0; done < request.LengthBytes;)
                {
                    ulong chunk = Math.Min(request.LengthBytes - done, MaxChunkBytes);
                    At(request.OffsetBytes + done, chunk).Clear();
                    done += chunk;
                }
                return DiskStatus.Success;
            default:
                return DiskStatus.NotSupported;
        }
    }

    private DiskStatus Copy(DiskRequest request, bool toDisk)
    {
        ulong offset = request.OffsetBytes;
        foreach (GuestSegment segment in request.Segments)
        {
            // The sum that FitsIn has checked is the owner's word; what is copied is held against the disk itself.
            if (segment.LengthBytes > LengthBytes - offset)
                return DiskStatus.InternalError;
            Span<byte> onDisk = At(offset, segment.LengthBytes);
            if (toDisk)
                segment.Span.CopyTo(onDisk);
            else
                onDisk.CopyTo(segment.Span);
            offset += segment.LengthBytes;
        }
        return DiskStatus.Success;
    }

    // Callers have held the range against the disk's length.
    private Span<byte> At(ulong offset, ulong lengthBytes) =>
        new GuestSegment(_memory.Address + (nint)offset, (nuint)lengthBytes).Span;
}
