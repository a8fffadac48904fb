
namespace NvmeDoorbell.Memory;

/// <summary>
/// A guest's RAM as the host sees it: regions of guest addresses and where they lie in this process.
/// </summary>
/// <remarks>
/// <para>Contract. A guest address is looked up on every use; nothing outside a region is ever touched. A host address
/// is valid until the turn it was looked up in ends, or, for a transfer announced by
/// <c>ReactorTask.BeginTransfer</c>, until that transfer ends. <see cref="RemoveRegion"/> waits for both.</para>
/// <para>Guest RAM changes under its reader: copy first, then validate the copy.</para>
/// <para>Thread-safety: every member from any thread. Look-ups take no lock and allocate nothing.</para>
/// </remarks>
public sealed partial class GuestMemory : IDisposable
{
    /// <summary>Regions start and end at multiples of this.</summary>
    public const int PageBytes = 4096;

    private readonly Lock _gate = new();
    private readonly List<NativeBlock> _ownBlocks = [];
    private RegionTable _table = RegionTable.Empty;
    private int _version;

    /// <summary>
    /// Changes whenever a region is added or removed: a host address found in this turn stays right while it is the
    /// same.
    /// </summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Number of regions.</summary>
    public int RegionCount => Volatile.Read(ref _table).Count;

    /// <summary>Adds a region that the caller keeps mapped until it is removed.</summary>
    /// <param name="guestAddress">Its first guest address, a multiple of <see cref="PageBytes"/>.</param>
    /// <param name="hostAddress">Where that lies in this process, a multiple of <see cref="PageBytes"/>.</param>
    /// <param name="lengthBytes">A multiple of <see cref="PageBytes"/>, not 0.</param>
    /// <param name="access">Whether the device may write it.</param>
    /// <exception cref="ArgumentException">An address or the length is not as asked.</exception>
    /// <exception cref="InvalidOperationException">The region overlaps another.</exception>
    public void AddRegion(ulong guestAddress, nint hostAddress, ulong lengthBytes,
        GuestAccess access = GuestAccess.ReadWrite)
    {
        const ulong PageMask = PageBytes - 1;
        if (lengthBytes == 0 || ((guestAddress | (ulong)hostAddress | lengthBytes) & PageMask) != 0)
            throw new ArgumentException($"A region starts and ends at multiples of {PageBytes} bytes.");
        if (hostAddress == 0 || (ulong)hostAddress > ulong.MaxValue - lengthBytes)
            throw new ArgumentException("The host addresses are not those of mapped memory.", nameof(hostAddress));
        if (guestAddress + (lengthBytes - 1) < guestAddress)
            throw new ArgumentException("The region wraps around the end of the address space.", nameof(lengthBytes));

        var region = new RegionTable.Region(guestAddress, lengthBytes, hostAddress, access);
        lock (_gate)
        {
            if (_table.Overlaps(region))
                throw new InvalidOperationException($"A region overlaps guest address {guestAddress:X}h, {lengthBytes:X}h bytes.");
            Publish(_table.With(region));
        }
        NotifySubscribers();
    }

    /// <summary>Adds a region of zeroed memory of our own, freed with this object.</summary>
    /// <param name="guestAddress">As in <see cref="AddRegion"/>.</param>
    /// <param name="lengthBytes">As in <see cref="AddRegion"/>.</param>
    /// <returns>Its host address.</returns>
    public nint AllocateRegion(ulong guestAddress, ulong lengthBytes)
    {
        var block = new NativeBlock((nuint)Math.Max(lengthBytes, 1), PageBytes);
        try
        {
            AddRegion(guestAddress, block.Address, lengthBytes);
        }
        catch
        {
            block.Dispose();
            throw;
        }
        lock (_gate) _ownBlocks.Add(block);
        return block.Address;
    }

    /// <summary>Where a stretch of guest memory lies, if all of it lies in one region. From a task's turn.</summary>
    /// <param name="guestAddress">Its first address; any.</param>
    /// <param name="lengthBytes">Its length; any but 0.</param>
    /// <param name="access">What the caller wants: read-only regions are found only for reading.</param>
    /// <param name="hostAddress">Its host address.</param>
    public bool TryTranslate(ulong guestAddress, ulong lengthBytes, GuestAccess access, out nint hostAddress)
    {
        if (Volatile.Read(ref _table).TryFind(guestAddress, out RegionTable.Region region))
        {
            ulong offset = guestAddress - region.Start;
            if (lengthBytes - 1 < region.LengthBytes - offset && region.Access <= access)
            {
                hostAddress = region.Host + (nint)offset;
                return true;
            }
        }
        hostAddress = 0;
        return false;
    }

    /// <summary>Copies guest memory out. Regions may be crossed. From any thread.</summary>
    /// <returns>False: a part is not guest RAM; what was copied before it stays.</returns>
    public bool TryRead(ulong guestAddress, Span<byte> destination)
    {
        using Visit visit = EnterVisit();
        while (!destination.IsEmpty)
        {
            if (!TryNext(guestAddress, destination.Length, GuestAccess.ReadOnly, out GuestSegment segment)) return false;
            Span<byte> source = segment.Span;
            source.CopyTo(destination);
            destination = destination[source.Length..];
            guestAddress += (uint)source.Length;
        }
        return true;
    }

    /// <summary>Copies into guest memory. Regions may be crossed. From any thread.</summary>
    /// <returns>False: a part is not writable guest RAM; what was copied before it stays.</returns>
    public bool TryWrite(ulong guestAddress, ReadOnlySpan<byte> source)
    {
        using Visit visit = EnterVisit();
        while (!source.IsEmpty)
        {
            if (!TryNext(guestAddress, source.Length, GuestAccess.ReadWrite, out GuestSegment segment)) return false;
            Span<byte> destination = segment.Span;
            source[..destination.Length].CopyTo(destination);
            source = source[destination.Length..];
            guestAddress += (uint)destination.Length;
        }
        return true;
    }

    /// <summary>Reads one aligned little-endian word with one load. From any thread.</summary>
    /// <returns>False: misaligned, or not guest RAM.</returns>
    public bool TryReadUInt64(ulong guestAddress, out ulong value)
    {
        value = 0;
        if (guestAddress % sizeof(ulong) != 0) return false;
        using Visit visit = EnterVisit();
        if (!TryTranslate(guestAddress, sizeof(ulong), GuestAccess.ReadOnly, out nint host)) return false;
        unsafe
        {
            // SAFETY: translated and aligned, and the visit holds the region.
            value = Volatile.Read(ref *(ulong*)host);
        }
        if (!BitConverter.IsLittleEndian) value = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
        return true;
    }

    /// <summary>Forgets every region and frees those of our own. Nothing may use the memory any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Publish(RegionTable.Empty);
            foreach (NativeBlock block in _ownBlocks) block.Dispose();
            _ownBlocks.Clear();
        }
    }

    private bool TryNext(ulong guestAddress, int wantedBytes, GuestAccess access, out GuestSegment segment)
    {
        segment = default;
        if (!Volatile.Read(ref _table).TryFind(guestAddress, out RegionTable.Region region) || region.Access > access)
            return false;
        ulong offset = guestAddress - region.Start;
        segment = new GuestSegment(region.Host + (nint)offset,
            (nuint)Math.Min((ulong)wantedBytes, region.LengthBytes - offset));
        return true;
    }

    private void Publish(RegionTable table)
    {
        Volatile.Write(ref _table, table);
        Interlocked.Increment(ref _version);
    }
}
