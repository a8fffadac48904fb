using System.Buffers.Binary;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Queues;

/// <summary>
/// Turns a command's PRP entries into stretches of host memory. Source: NVMe Base 2.0, "Physical Region Page Entry and
/// List", figures "PRP Entry Layout" and "Data Pointer".
/// </summary>
/// <remarks>
/// Has no state of its own: any thread, on a reactor's turn. Each entry is read once. A walk ends after the entries that
/// the length calls for, so a list that points to itself ends too.
/// </remarks>
public sealed class PrpWalker
{
    /// <summary>The smallest memory page (CC.MPS = 0).</summary>
    public const int MinPageBytes = 4096;

    /// <summary>The largest memory page that is supported (CC.MPS = 4).</summary>
    public const int MaxPageBytes = 65536;

    private const int EntryBytes = 8;
    private const int ChunkEntries = 64;

    private readonly GuestMemory _memory;
    private readonly uint _pageBytes;

    /// <summary>Makes a walker for one memory page size.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="pageBytes">The memory page size that CC.MPS chose: 4096 to 65536, a power of two.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pageBytes"/> is none of those.</exception>
    public PrpWalker(GuestMemory memory, int pageBytes = MinPageBytes)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (pageBytes is < MinPageBytes or > MaxPageBytes || !int.IsPow2(pageBytes))
            throw new ArgumentOutOfRangeException(nameof(pageBytes), pageBytes, "A power of two, 4096 to 65536.");
        _memory = memory;
        _pageBytes = (uint)pageBytes;
    }

    /// <summary>The memory page size in bytes.</summary>
    public int PageBytes => (int)_pageBytes;

    /// <summary>How many segments a transfer can need at most, whatever the page size and the memory map.</summary>
    /// <param name="maxTransferBytes">The largest transfer.</param>
    public static int MaxSegments(uint maxTransferBytes) => (int)(maxTransferBytes / MinPageBytes) + 2;

    /// <summary>Walks the entries of a command.</summary>
    /// <param name="prp1">PRP Entry 1: the first page, with an offset that is a multiple of 4.</param>
    /// <param name="prp2">PRP Entry 2: the second page, or a list where more than two pages are needed.</param>
    /// <param name="lengthBytes">Length of the transfer, at least 1.</param>
    /// <param name="access">What the device does with the memory.</param>
    /// <param name="segments">
    /// Receives the stretches, neighbours joined; room for <see cref="MaxSegments"/> of the length. Valid until the turn
    /// ends or, in a disk request, until it completes.
    /// </param>
    /// <param name="count">The stretches found.</param>
    /// <returns>
    /// <see cref="StatusCode.Success"/>; <see cref="StatusCode.PrpOffsetInvalid"/> for a misaligned entry;
    /// <see cref="StatusCode.DataTransferError"/> for one outside guest RAM (or in read-only memory, for writing), or
    /// where <paramref name="segments"/> is too short.
    /// </returns>
    public StatusCode Walk(
        ulong prp1,
        ulong prp2,
        uint lengthBytes,
        GuestAccess access,
        Span<GuestSegment> segments,
        out int count) => Walk(prp1, prp2, lengthBytes, access, segments, bounce: null, out count);

    /// <summary>As the public one; <paramref name="bounce"/> takes the place of memory that is not mapped here.</summary>
    internal StatusCode Walk(
        ulong prp1,
        ulong prp2,
        uint lengthBytes,
        GuestAccess access,
        Span<GuestSegment> segments,
        BounceBuffer? bounce,
        out int count)
    {
        uint offset = (uint)prp1 & (_pageBytes - 1);
        var target = new SegmentWriter(_memory, access, segments, bounce);
        count = 0;
        if ((prp1 & 3) != 0)
            return StatusCode.PrpOffsetInvalid;
        uint inFirst = Math.Min(lengthBytes, _pageBytes - offset);
        if (!target.TryAdd(prp1, inFirst))
            return StatusCode.DataTransferError;
        uint rest = lengthBytes - inFirst;
        StatusCode status = rest == 0
            ? StatusCode.Success
            : rest <= _pageBytes
                ? AddPage(ref target, prp2, rest)
                : WalkList(ref target, prp2, rest);
        count = target.Count;
        return status;
    }

    private StatusCode AddPage(ref SegmentWriter target, ulong entry, uint lengthBytes)
    {
        if ((entry & (_pageBytes - 1)) != 0)
            return StatusCode.PrpOffsetInvalid;
        return target.TryAdd(entry, lengthBytes) ? StatusCode.Success : StatusCode.DataTransferError;
    }

    /// <summary>Walks a list for more than one page. Only its first page may be entered in the middle.</summary>
    private StatusCode WalkList(ref SegmentWriter target, ulong list, uint rest)
    {
        Span<byte> chunk = stackalloc byte[ChunkEntries * EntryBytes];
        if ((list & (EntryBytes - 1)) != 0)
            return StatusCode.PrpOffsetInvalid;
        while (true)
        {
            // Every pass over a page consumes an entry of data, or follows the one pointer at the end of the first page.
            uint needed = (uint)(((ulong)rest + _pageBytes - 1) / _pageBytes);
            uint inPage = (_pageBytes - ((uint)list & (_pageBytes - 1))) / EntryBytes;
            bool chained = needed > inPage;
            uint take = Math.Min(chained ? inPage - 1 : needed, ChunkEntries);
            Span<byte> entries = chunk[..(int)(take * EntryBytes)];
            if (!TryCopy(list, entries))
                return StatusCode.DataTransferError;
            for (; entries.Length > 0; entries = entries[EntryBytes..])
            {
                uint length = Math.Min(rest, _pageBytes);
                StatusCode status = AddPage(ref target, BinaryPrimitives.ReadUInt64LittleEndian(entries), length);
                if (status != StatusCode.Success)
                    return status;
                rest -= length;
            }
            if (rest == 0)
                return StatusCode.Success;
            list += take * EntryBytes;
            if (!chained || take + 1 < inPage)
                continue;
            if (!TryCopy(list, chunk[..EntryBytes]))
                return StatusCode.DataTransferError;
            list = BinaryPrimitives.ReadUInt64LittleEndian(chunk);
            if ((list & (_pageBytes - 1)) != 0)
                return StatusCode.PrpOffsetInvalid;
        }
    }

    /// <summary>Copies entries out of a list, once: the copy is what is checked and used.</summary>
    private bool TryCopy(ulong list, Span<byte> entries)
    {
        if (entries.IsEmpty)
            return true;
        if (!_memory.TryTranslate(list, (ulong)entries.Length, GuestAccess.ReadOnly, out nint host))
            return _memory.TryRead(list, entries); // a page of more than 4 KiB may lie across two regions
        new GuestSegment(host, (nuint)entries.Length).Span.CopyTo(entries);
        return true;
    }
}
