using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Queues;

/// <summary>
/// Collects the host memory behind stretches of guest memory: what every walk (PRP, SGL) ends in. Neighbours in host
/// memory become one segment.
/// </summary>
internal ref struct SegmentWriter
{
    private readonly GuestMemory _memory;
    private readonly GuestAccess _access;
    private readonly Span<GuestSegment> _segments;
    private readonly BounceBuffer? _bounce;

    /// <param name="memory">The guest's memory.</param>
    /// <param name="access">What the device does with it.</param>
    /// <param name="segments">Receives the stretches.</param>
    /// <param name="bounce">Takes the place of memory that is not mapped here; null: there is none such.</param>
    internal SegmentWriter(
        GuestMemory memory, GuestAccess access, Span<GuestSegment> segments, BounceBuffer? bounce)
    {
        _bounce = bounce;
        _memory = memory;
        _access = access;
        _segments = segments;
    }

    /// <summary>Segments written so far.</summary>
    internal int Count { get; private set; }

    /// <summary>A stretch could not be added for want of room.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Adds a stretch. False: not all of it is in guest RAM with that access, or there is no room.</summary>
    internal bool TryAdd(ulong guestAddress, uint lengthBytes)
    {
        if (_memory.TryTranslate(guestAddress, lengthBytes, _access, out nint host))
            return TryAppend(host, lengthBytes);
        if (_bounce is not null && _bounce.TryAdd(guestAddress, lengthBytes, out host))
            return TryAppend(host, lengthBytes);
        ulong inPage = guestAddress & (GuestMemory.PageBytes - 1);
        return inPage + lengthBytes > GuestMemory.PageBytes && TryAddByPages(guestAddress, lengthBytes);
    }

    /// <summary>A stretch over the border of two regions: regions are page-aligned, so page by page.</summary>
    private bool TryAddByPages(ulong guestAddress, uint lengthBytes)
    {
        while (lengthBytes > 0)
        {
            uint toPageEnd = GuestMemory.PageBytes - ((uint)guestAddress & (GuestMemory.PageBytes - 1));
            uint piece = Math.Min(lengthBytes, toPageEnd);
            if (!_memory.TryTranslate(guestAddress, piece, _access, out nint host) || !TryAppend(host, piece))
                return false;
            guestAddress += piece; // past 2^64 it becomes 0 and the next piece lies at the start of guest memory
            lengthBytes -= piece;
            if (guestAddress == 0 && lengthBytes > 0)
                return false;
        }
        return true;
    }

    /// <summary>Adds a stretch of host memory. False: there is no room.</summary>
    internal bool TryAppend(nint host, uint lengthBytes)
    {
        int count = Count;
        if (count > 0)
        {
            GuestSegment last = _segments[count - 1];
            if (last.Address + (nint)last.LengthBytes == host)
            {
                _segments[count - 1] = new GuestSegment(last.Address, last.LengthBytes + lengthBytes);
                return true;
            }
        }
        if (count == _segments.Length)
        {
            IsFull = true;
            return false;
        }
        _segments[count] = new GuestSegment(host, lengthBytes);
        Count = count + 1;
        return true;
    }
}
