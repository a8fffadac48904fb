using NvmeDoorbell.VfioUser.Messages;

namespace NvmeDoorbell.VfioUser.Dma;

/// <summary>
/// Where a client has the data of <c>VFIO_USER_DMA_READ</c> and <c>VFIO_USER_DMA_WRITE</c>.
/// </summary>
/// <remarks>
/// By the specification the count has 8 bytes and the data is at 16. QEMU's structure has a count of 4 bytes: there the
/// data is at 12, and 4 bytes that are always 0 follow it. A count is below 4 GiB, so by the specification bytes 12..15 of
/// a reply are 0. The first reply that is not 0 at both places tells which it is; one that is 0 at both is read as the
/// specification says.
/// </remarks>
internal sealed class DmaLayout
{
    private const int QemuDataOffset = 12;
    private const int CountHighOffset = 12;

    private volatile int _dataOffset; // 0: not known yet

    /// <summary>A reply has told.</summary>
    public bool IsKnown => _dataOffset != 0;

    /// <summary>Where data begins in a payload.</summary>
    public int DataOffset => _dataOffset == 0 ? DmaAccess.SizeBytes : _dataOffset;

    /// <summary>Takes the data out of the payload of a reply to a read.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="lengthBytes">The length that was asked for.</param>
    /// <param name="destination">Receives the data; empty where only the layout is wanted.</param>
    /// <returns>False: the reply is of another length.</returns>
    public bool TryTakeData(ReadOnlySpan<byte> payload, int lengthBytes, Span<byte> destination)
    {
        if (payload.Length != DmaAccess.SizeBytes + lengthBytes)
            return false;
        if (!IsKnown)
            Learn(payload);
        if (!destination.IsEmpty)
            payload.Slice(DataOffset, lengthBytes).CopyTo(destination);
        return true;
    }

    private void Learn(ReadOnlySpan<byte> payload)
    {
        if (payload[CountHighOffset..DmaAccess.SizeBytes].ContainsAnyExcept((byte)0))
            _dataOffset = QemuDataOffset;
        else if (payload[^(DmaAccess.SizeBytes - QemuDataOffset)..].ContainsAnyExcept((byte)0))
            _dataOffset = DmaAccess.SizeBytes;
    }
}
