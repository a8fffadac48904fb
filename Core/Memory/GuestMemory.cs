
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

    private readonly IRemoteMemory? _remote;
    private bool _hasRemote;

    /// <summary>A guest without memory; regions are added.</summary>
    public GuestMemory()
    {
    }

    /// <summary>A guest without memory, of which regions may be out of this process's reach.</summary>
    /// <param name="remote">Reads and writes those.</param>
    public GuestMemory(IRemoteMemory remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        _remote = remote;
    }

    /// <summary>Whether a region may be out of this process's reach: look-ups of host addresses are then not all.</summary>
    internal bool HasRemote => Volatile.Read(ref _hasRemote);

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
        CheckRange(guestAddress, lengthBytes);
        if (hostAddress % PageBytes != 0)
            throw new ArgumentException($"A region starts at a multiple of {PageBytes} bytes.", nameof(hostAddress));
        if (hostAddress == 0 || (ulong)hostAddress > ulong.MaxValue - lengthBytes)
            throw new ArgumentException("The host addresses are not those of mapped memory.", nameof(hostAddress));
        Add(new RegionTable.Region(guestAddress, lengthBytes, hostAddress, access));
    }

    /// <summary>
    /// Adds a region that is not mapped into this process: queues and data in it are copied by the
    /// <see cref="IRemoteMemory"/> that this object was made with. It works, slowly: a shadow doorbell page cannot lie
    /// there.
    /// </summary>
    /// <param name="guestAddress">As in <see cref="AddRegion"/>.</param>
    /// <param name="lengthBytes">As in <see cref="AddRegion"/>.</param>
    /// <param name="access">Whether the device may write it.</param>
    /// <exception cref="ArgumentException">As in <see cref="AddRegion"/>.</exception>
    /// <exception cref="InvalidOperationException">The region overlaps another, or nobody was named who reads it.</exception>
    public void AddRemoteRegion(ulong guestAddress, ulong lengthBytes, GuestAccess access = GuestAccess.ReadWrite)
    {
        if (_remote is null)
            throw new InvalidOperationException("This memory was made without anyone who reads remote regions.");
        CheckRange(guestAddress, lengthBytes);
        Volatile.Write(ref _hasRemote, true);
        Add(new RegionTable.Region(guestAddress, lengthBytes, RegionTable.Region.Remote, access));
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
            if (lengthBytes - 1 < region.LengthBytes - offset && region.Access <= access
                && region.Host != RegionTable.Region.Remote)
            {
                hostAddress = region.Host + (nint)offset;
                return true;
            }
        }
        hostAddress = 0;
        return false;
    }

    /// <summary>
    /// Whether a stretch of guest memory can be copied with that access, mapped or remote. Regions may be crossed.
    /// </summary>
    internal bool IsReachable(ulong guestAddress, ulong lengthBytes, GuestAccess access)
    {
        RegionTable table = Volatile.Read(ref _table);
        while (lengthBytes > 0)
        {
            if (!table.TryFind(guestAddress, out RegionTable.Region region) || region.Access > access)
                return false;
            ulong inRegion = Math.Min(lengthBytes, region.LengthBytes - (guestAddress - region.Start));
            lengthBytes -= inRegion;
            guestAddress += inRegion;
            if (guestAddress == 0 && lengthBytes > 0)
                return false; // behind the end of the address space
        }
        return true;
    }

    /// <summary>Copies guest memory out. Regions may be crossed. From any thread.</summary>
    /// <returns>False: a part is not guest RAM; what was copied before it stays.</returns>
    public bool TryRead(ulong guestAddress, Span<byte> destination)
    {
        using Visit visit = EnterVisit();
        while (!destination.IsEmpty)
        {
            if (!TryNext(guestAddress, destination.Length, GuestAccess.ReadOnly, out GuestSegment segment)) return false;
            int length = (int)segment.LengthBytes;
            if (segment.Address != RegionTable.Region.Remote)
                segment.Span.CopyTo(destination);
            else if (!_remote!.TryRead(guestAddress, destination[..length]))
                return false;
            destination = destination[length..];
            guestAddress += (uint)length;
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
            int length = (int)segment.LengthBytes;
            if (segment.Address != RegionTable.Region.Remote)
                source[..length].CopyTo(segment.Span);
            else if (!_remote!.TryWrite(guestAddress, source[..length]))
                return false;
            source = source[length..];
            guestAddress += (uint)length;
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
        segment = new GuestSegment(
            region.Host == RegionTable.Region.Remote ? RegionTable.Region.Remote : region.Host + (nint)offset,
            (nuint)Math.Min((ulong)wantedBytes, region.LengthBytes - offset));
        return true;
    }

    private static void CheckRange(ulong guestAddress, ulong lengthBytes)
    {
        if (lengthBytes == 0 || ((guestAddress | lengthBytes) & (PageBytes - 1)) != 0)
            throw new ArgumentException($"A region starts and ends at multiples of {PageBytes} bytes.");
        if (guestAddress + (lengthBytes - 1) < guestAddress)
            throw new ArgumentException("The region wraps around the end of the address space.", nameof(lengthBytes));
    }

    private void Add(in RegionTable.Region region)
    {
        lock (_gate)
        {
            if (_table.Overlaps(region))
            {
                throw new InvalidOperationException(
                    $"A region overlaps guest address {region.Start:X}h, {region.LengthBytes:X}h bytes.");
            }
            Publish(_table.With(region));
        }
        NotifySubscribers();
    }

    private void Publish(RegionTable table)
    {
        Volatile.Write(ref _table, table);
        Interlocked.Increment(ref _version);
    }
}
