using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>What direct I/O asks of a transfer: both powers of two; default: nothing.</summary>
/// <param name="MemoryBytes">Every address in memory is a multiple of it.</param>
/// <param name="BlockBytes">Every offset in the file, and every length, is a multiple of it.</param>
internal readonly record struct FileAlignment(uint MemoryBytes, uint BlockBytes)
{
    /// <summary>Transfers bypass the page cache.</summary>
    public bool IsDirect => BlockBytes != 0;

    /// <summary>
    /// The segments can be given to the system as they are. Offset and length of a request are multiples of the disk's
    /// block, and so of the file's.
    /// </summary>
    public bool Fits(DiskRequest request)
    {
        if (!IsDirect)
            return true;
        nuint addresses = 0;
        nuint lengths = 0;
        foreach (GuestSegment segment in request.Segments)
        {
            addresses |= (nuint)segment.Address;
            lengths |= segment.LengthBytes;
        }
        return (addresses & (MemoryBytes - 1)) == 0 && (lengths & (BlockBytes - 1)) == 0;
    }
}
