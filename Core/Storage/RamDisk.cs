using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A disk in this process's memory; what is on it is gone when it is disposed. Memory is taken from the system as it is
/// written. Every request is finished inside <see cref="Submit"/>. See <see cref="IDisk"/> for the contract.
/// </summary>
public sealed class RamDisk : IResizableDisk
{
    private const ulong MaxChunkBytes = 1 << 30;

    private readonly NativeBlock _memory;
    private readonly RequestGate _gate = new();
    private readonly Lock _resizing = new();
    private ulong _lengthBytes;

    /// <summary>A RAM disk, all zeroes.</summary>
    /// <param name="lengthBytes">Length in bytes, a multiple of the block.</param>
    /// <param name="blockBytes">Length of a logical block: a power of two from 512 to 65536.</param>
    /// <param name="maxLengthBytes">
    /// The most that <see cref="Resize"/> can make of it, a multiple of the block; 0: <paramref name="lengthBytes"/>.
    /// Only addresses are set aside for it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The block is no power of two from 512 to 65536, or a length is
    /// 0, over 2^63 - 1, no multiple of it, or over the largest.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public RamDisk(ulong lengthBytes, int blockBytes = 512, ulong maxLengthBytes = 0)
    {
        DiskGeometry.Check(lengthBytes, blockBytes);
        if (maxLengthBytes == 0)
            maxLengthBytes = lengthBytes;
        DiskGeometry.Check(maxLengthBytes, blockBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, maxLengthBytes);
        _memory = new NativeBlock(checked((nuint)maxLengthBytes), 4096);
        _lengthBytes = lengthBytes;
        BlockBytes = blockBytes;
    }

    /// <inheritdoc/>
    public int BlockBytes { get; }

    /// <inheritdoc/>
    public event Action? LengthChanged;

    /// <inheritdoc/>
    public ulong LengthBytes => Volatile.Read(ref _lengthBytes);

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
    public void Resize(ulong lengthBytes)
    {
        DiskGeometry.Check(lengthBytes, BlockBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, _memory.LengthBytes);
        lock (_resizing)
        {
            ObjectDisposedException.ThrowIf(!_gate.TryEnter(), this);
            ulong before = _lengthBytes;
            Volatile.Write(ref _lengthBytes, lengthBytes);
            if (lengthBytes < before)
                _memory.Discard((nuint)lengthBytes, (nuint)(before - lengthBytes));
            _gate.Exit();
            LengthChanged?.Invoke();
        }
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
            case DiskOperation.Discard:
            case DiskOperation.WriteZeroes when request.MayDeallocate:
                _memory.Discard((nuint)request.OffsetBytes, (nuint)request.LengthBytes);
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
            if (segment.LengthBytes > _memory.LengthBytes - offset)
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
