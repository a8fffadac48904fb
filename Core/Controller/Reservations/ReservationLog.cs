using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The reservation notifications of a controller, a log page each, and their masks (NVMe Base 2.0, "Reservation
/// Notification Log Page" and "Reservation Notification Mask"). Any thread.
/// </summary>
internal sealed class ReservationLog
{
    /// <summary>Size of a log page in bytes.</summary>
    public const int LengthBytes = 64;

    private const int MaxPages = 256; // NALP counts 255 behind the one that is read

    private readonly Lock _lock = new();
    private readonly Queue<(ReservationNotification What, uint Nsid)> _pages = new();
    private readonly Dictionary<uint, uint> _masks = [];
    private ulong _count;

    /// <summary>Adds a notification. False: the host does not want it, or has not read so many that this one is lost.</summary>
    public bool Add(ReservationNotification what, uint nsid)
    {
        lock (_lock)
        {
            if ((_masks.GetValueOrDefault(nsid) >> (int)what & 1) != 0)
                return false;
            if (_pages.Count == MaxPages)
            {
                _count++; // the gap tells the host that it has missed something
                return false;
            }
            _pages.Enqueue((what, nsid));
            _count++;
            return true;
        }
    }

    /// <summary>Writes the oldest page into zeroed memory; where there is none, that is an empty one.</summary>
    public void CopyTo(Span<byte> page)
    {
        lock (_lock)
        {
            if (!_pages.TryPeek(out (ReservationNotification What, uint Nsid) oldest))
                return;
            BinaryPrimitives.WriteUInt64LittleEndian(page, _count - (ulong)_pages.Count + 1);
            page[8] = (byte)oldest.What;
            page[9] = (byte)(_pages.Count - 1);
            BinaryPrimitives.WriteUInt32LittleEndian(page[12..], oldest.Nsid);
        }
    }

    /// <summary>The host has read the oldest page.</summary>
    public void Advance()
    {
        lock (_lock)
            _pages.TryDequeue(out _);
    }

    public uint GetMask(uint nsid)
    {
        lock (_lock)
            return _masks.GetValueOrDefault(nsid);
    }

    public void SetMask(uint nsid, uint mask)
    {
        lock (_lock)
            _masks[nsid] = mask;
    }

    /// <summary>A controller reset: no page, no mask.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _pages.Clear();
            _masks.Clear();
        }
    }
}
