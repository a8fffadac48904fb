using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// A small guest RAM between pages that nobody may touch: writable from 0 in two parts, read-only, at the end of the
/// address space, and the driver's own, at an address that inputs do not form by accident.
/// </summary>
internal sealed class ByteRam : IDisposable
{
    public const ulong LowBytes = 128 << 10;
    public const ulong ListBytes = 16 << 10;
    public const ulong ReadOnlyStart = 0x4_0000;
    public const ulong ReadOnlyBytes = 16 << 10;
    public const ulong TopStart = ulong.MaxValue - TopBytes + 1;
    public const ulong TopBytes = 16 << 10;
    public const ulong DriverStart = 0x5A5A_C3C3_0000_0000;
    public const ulong DriverBytes = 64 << 10;

    /// <summary>Which of the regions comes and goes.</summary>
    private const int Top = 3;

    private readonly List<(ulong Start, ulong LengthBytes, GuestAccess Access, GuardedPages Pages)> _regions = [];

    public ByteRam()
    {
        Add(0, ListBytes, GuestAccess.ReadWrite);
        Add(ListBytes, LowBytes - ListBytes, GuestAccess.ReadWrite); // follows on, elsewhere in the host
        Add(ReadOnlyStart, ReadOnlyBytes, GuestAccess.ReadOnly);
        Add(TopStart, TopBytes, GuestAccess.ReadWrite);
        Add(DriverStart, DriverBytes, GuestAccess.ReadWrite);
    }

    public GuestMemory Memory { get; } = new();

    /// <summary>The address of one of 256 pages: the low region, a hole, the read-only region, and the end of the address space.</summary>
    public static ulong Page(byte number) => number < 0xF0
        ? (ulong)number * GuestMemory.PageBytes
        : TopStart + (ulong)(number - 0xF0 - 12) * GuestMemory.PageBytes;

    // SAFETY: host is a whole, aligned word of a region.
    public static unsafe ulong Load(nint host) => *(ulong*)host;

    /// <summary>All regions there, and zero.</summary>
    public void Clear()
    {
        foreach ((_, _, _, GuardedPages pages) in _regions)
            pages.Span.Clear();
    }

    /// <summary>The first region zero: enough where nothing writes but the input's lists.</summary>
    public void ClearLists() => _regions[0].Pages.Span.Clear();

    /// <summary>The guest stores, as far as there is RAM.</summary>
    public void Store(ulong address, ReadOnlySpan<byte> bytes) => Memory.TryWrite(address, bytes);

    /// <summary>Takes the writable region of the end of the address space away, or gives it back.</summary>
    public void ToggleTop()
    {
        GuardedPages pages = _regions[Top].Pages;
        if (Memory.RemoveRegion(TopStart, TopBytes, TimeSpan.FromSeconds(10)) == GuestMemoryRemoval.Removed)
            pages.Withdraw();
        else
            ReturnTop();
    }

    /// <summary>Gives the region back if it is away.</summary>
    public void ReturnTop()
    {
        if (Memory.RegionCount == _regions.Count)
            return;
        _regions[Top].Pages.Return();
        Memory.AddRegion(TopStart, _regions[Top].Pages.Address, TopBytes);
    }

    /// <summary>Where an address lies in the host, with that access; null: it is not RAM.</summary>
    public nint? Find(ulong address, GuestAccess access)
    {
        foreach ((ulong start, ulong lengthBytes, GuestAccess allowed, GuardedPages pages) in _regions)
        {
            if (address - start < lengthBytes && (access == GuestAccess.ReadOnly || allowed == GuestAccess.ReadWrite))
                return pages.Address + (nint)(address - start);
        }
        return null;
    }

    /// <summary>Adds the host memory of a stretch, page by page, and joins neighbours. False: not all of it is RAM.</summary>
    public bool TryCollect(ulong address, uint lengthBytes, GuestAccess access, List<GuestSegment> found)
    {
        while (lengthBytes > 0)
        {
            uint piece = Math.Min(lengthBytes, GuestMemory.PageBytes - (uint)(address % GuestMemory.PageBytes));
            if (Find(address, access) is not { } host)
                return false;
            if (found.Count > 0 && found[^1].Address + (nint)found[^1].LengthBytes == host)
                found[^1] = new GuestSegment(found[^1].Address, found[^1].LengthBytes + piece);
            else
                found.Add(new GuestSegment(host, piece));
            address += piece;
            lengthBytes -= piece;
            if (address == 0 && lengthBytes > 0)
                return false; // beyond the end of the address space
        }
        return true;
    }

    public void Dispose()
    {
        Memory.Dispose();
        _regions.ForEach(region => region.Pages.Dispose());
    }

    private void Add(ulong start, ulong lengthBytes, GuestAccess access)
    {
        var pages = new GuardedPages((nuint)lengthBytes);
        Memory.AddRegion(start, pages.Address, lengthBytes, access);
        _regions.Add((start, lengthBytes, access, pages));
    }
}
