using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.VfioUser.Messages;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Dma;

/// <summary>
/// The client's memory: <c>VFIO_USER_DMA_MAP</c> and <c>VFIO_USER_DMA_UNMAP</c>, at any time, while queues live and
/// commands are under way.
/// </summary>
/// <remarks>One thread at a time: the session's.</remarks>
internal sealed class DmaRegions(GuestMemory memory, MessageMemory messages) : IDisposable
{
    // A client gives a device up that has not answered for 5 s.
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan PatienceForMessages = TimeSpan.FromMilliseconds(100);

    private readonly SortedList<ulong, DmaRegion> _regions = [];
    private bool _hasMessages;
    private bool _isReachedByMessages; // what descriptors hold is not the guest's memory

    /// <summary>Regions there are.</summary>
    public int Count => _regions.Count;

    /// <summary>The client has announced memory that is reached by messages. Any thread.</summary>
    public bool HasMessages => Volatile.Read(ref _hasMessages);

    /// <summary>Announces a region.</summary>
    public Errno Map(Message message)
    {
        if (!message.TryRead(out DmaMapRequest request) || request.ArgumentBytes < DmaMapRequest.SizeBytes)
            return Errno.Invalid;
        if ((request.Flags & ~(DmaMapRequest.Readable | DmaMapRequest.Writeable)) != 0)
            return Errno.Invalid;
        const ulong PageMask = GuestMemory.PageBytes - 1;
        if (request.LengthBytes == 0 || ((request.Address | request.LengthBytes | request.Offset) & PageMask) != 0)
            return Errno.Invalid;
        if (request.LengthBytes > long.MaxValue || request.Address + (request.LengthBytes - 1) < request.Address)
            return Errno.Invalid;
        if (message.Descriptors.Count > 1)
            return Errno.Invalid;
        if (_regions.Count >= Capabilities.MaxDmaMaps)
            return Errno.NoSpace;
        if (Overlaps(request.Address, request.Address + (request.LengthBytes - 1)))
            return Errno.Exists;
        if (message.Descriptors.Count == 0 && request.Offset != 0)
            return Errno.Invalid;
        return message.Descriptors.Count == 0 || _isReachedByMessages
            ? AddUnmapped(request)
            : AddMapped(request, message.Descriptors.Take(0));
    }

    /// <summary>Takes a region, or all of them, out of the device's reach, and returns when nothing uses them.</summary>
    public Errno Unmap(Message message, Reply reply)
    {
        if (!message.TryRead(out DmaUnmapRequest request) || request.ArgumentBytes < DmaUnmapRequest.SizeBytes)
            return Errno.Invalid;
        Errno error = request.Flags switch
        {
            0 => Remove(request.Address, request.LengthBytes),
            DmaUnmapRequest.All => request is { Address: 0, LengthBytes: 0 } ? RemoveAll() : Errno.Invalid,
            DmaUnmapRequest.All | DmaUnmapRequest.GetDirtyBitmap => Errno.Invalid,
            _ => Errno.NotSupported,
        };
        if (error == Errno.None)
            reply.Write(request);
        return error;
    }

    /// <summary>
    /// Whether an entry that the guest has just written has come to be in its descriptor. It has not where the client
    /// shares a descriptor but not its pages (<c>share=off</c>): the guest writes to copies of its own, and here are zeroes.
    /// </summary>
    /// <remarks>
    /// Whether the page exists tells nothing: the kernel makes it in the file as well when it makes the guest's copy.
    /// </remarks>
    public bool IsShared(ulong guestAddress)
    {
        foreach (DmaRegion region in _regions.Values)
        {
            if (guestAddress < region.Start || guestAddress > region.Last)
                continue;
            Span<byte> entry = stackalloc byte[SubmissionEntry.SizeBytes];
            return region.Mapping is null || !memory.TryRead(guestAddress, entry) || entry.ContainsAnyExcept((byte)0);
        }
        return true;
    }

    /// <summary>Gives up every mapping and reaches the memory by messages instead, that of later regions too.</summary>
    public void ReachByMessages()
    {
        _isReachedByMessages = true;
        foreach (DmaRegion region in _regions.Values.ToArray())
        {
            if (region.Mapping is null || (region.IsUsed && !TryRemove(region)))
                continue;
            region.Mapping.Dispose();
            if (region.IsUsed)
                memory.AddRemoteRegion(region.Start, region.LengthBytes, region.Access);
            _regions[region.Start] = region with { Mapping = null };
        }
    }

    /// <summary>Unmaps everything. Nothing may use the memory any more.</summary>
    public void Dispose()
    {
        foreach (DmaRegion region in _regions.Values)
            region.Mapping?.Dispose();
        _regions.Clear();
    }

    private Errno AddUnmapped(in DmaMapRequest request)
    {
        Volatile.Write(ref _hasMessages, true);
        if (request.Flags != 0)
            memory.AddRemoteRegion(request.Address, request.LengthBytes, AccessOf(request));
        _regions.Add(request.Address, new DmaRegion(request.Address, request.LengthBytes, null, request.Flags != 0, AccessOf(request)));
        return Errno.None;
    }

    private Errno AddMapped(in DmaMapRequest request, Descriptor descriptor)
    {
        using (descriptor)
        {
            bool canWrite = (request.Flags & DmaMapRequest.Writeable) != 0;
            Mapping? mapping = Mapping.TryCreate(descriptor, request.Offset, request.LengthBytes, canWrite);
            if (mapping is null)
                return Errno.Invalid;
            // Neither readable nor writeable: known, so that it can be taken back, but of no use to the device.
            bool isUsed = request.Flags != 0;
            if (isUsed)
            {
                memory.AddRegion(request.Address, mapping.Address, request.LengthBytes, AccessOf(request));
            }
            _regions.Add(request.Address, new DmaRegion(request.Address, request.LengthBytes, mapping, isUsed, AccessOf(request)));
            return Errno.None;
        }
    }

    private Errno RemoveAll()
    {
        foreach (DmaRegion region in _regions.Values.ToArray())
        {
            Errno error = Remove(region.Start, region.LengthBytes);
            if (error != Errno.None)
                return error;
        }
        return Errno.None;
    }

    private Errno Remove(ulong start, ulong lengthBytes)
    {
        if (!_regions.TryGetValue(start, out DmaRegion? region) || region.LengthBytes != lengthBytes)
            return Errno.NoEntry;
        if (region.IsUsed && !TryRemove(region))
            return Errno.Busy; // a disk keeps a request; the client may ask again
        region.Mapping?.Dispose();
        _regions.Remove(start);
        return Errno.None;
    }

    private bool TryRemove(DmaRegion region)
    {
        if (region.Mapping is null)
        {
            // Nothing is mapped that could outlive it: an access under way is answered by the client, or refused.
            memory.RemoveRegion(region.Start, region.LengthBytes, TimeSpan.Zero);
            return true;
        }
        if (memory.RemoveRegion(region.Start, region.LengthBytes, PatienceForMessages) == GuestMemoryRemoval.Removed)
            return true;
        // A task may be waiting for a message's reply, which this thread receives.
        messages.Refuse();
        GuestMemoryRemoval removal = memory.RemoveRegion(region.Start, region.LengthBytes, RemovalTimeout);
        messages.Allow();
        return removal == GuestMemoryRemoval.Removed;
    }

    private static GuestAccess AccessOf(in DmaMapRequest request) =>
        (request.Flags & DmaMapRequest.Writeable) != 0 ? GuestAccess.ReadWrite : GuestAccess.ReadOnly;

    private bool Overlaps(ulong start, ulong last)
    {
        // The first region that ends at or behind the start.
        int low = 0;
        int high = _regions.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_regions.Values[middle].Last < start)
                low = middle + 1;
            else
                high = middle;
        }
        return low < _regions.Count && _regions.Values[low].Start <= last;
    }
}
