using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// Reads zeroes and forgets what is written: for measuring what the way to a disk costs. Keeps nothing, so it may be of
/// any length. See <see cref="IDisk"/> for the contract.
/// </summary>
public sealed class NullDisk : IResizableDisk
{
    private readonly Lock _resizing = new();
    private ulong _lengthBytes;
    private bool _disposed;

    /// <summary>A null disk.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The block is no power of two from 512 to 65536, or the length is
    /// 0, over 2^63 - 1, or no multiple of it.</exception>
    public NullDisk(ulong lengthBytes, int blockBytes = 512)
    {
        DiskGeometry.Check(lengthBytes, blockBytes);
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
        if (Volatile.Read(ref _disposed))
            return DiskStatus.Aborted;
        if (!request.FitsIn(LengthBytes))
            return DiskStatus.InternalError;
        switch (request.Operation)
        {
            case DiskOperation.Read:
                foreach (GuestSegment segment in request.Segments)
                    segment.Span.Clear();
                return DiskStatus.Success;
            case DiskOperation.Write:
            case DiskOperation.Flush:
            case DiskOperation.WriteZeroes:
            case DiskOperation.Discard:
                return DiskStatus.Success;
            default:
                return DiskStatus.NotSupported;
        }
    }

    /// <inheritdoc/>
    public void Resize(ulong lengthBytes)
    {
        DiskGeometry.Check(lengthBytes, BlockBytes);
        lock (_resizing)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
            Volatile.Write(ref _lengthBytes, lengthBytes);
            LengthChanged?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Volatile.Write(ref _disposed, true);
}
