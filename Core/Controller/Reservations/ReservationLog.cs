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

    /// <summary>Saves what has not been read.</summary>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(_count);
            writer.WriteCount(_pages.Count);
            foreach ((ReservationNotification what, uint nsid) in _pages)
            {
                writer.Write((byte)what);
                writer.Write(nsid);
            }
        }
    }

    /// <summary>Reads the same.</summary>
    /// <returns>Puts it in the place of what there is.</returns>
    public Action Read(ref StateReader reader)
    {
        ulong count = reader.ReadUInt64();
        var pages = new (ReservationNotification What, uint Nsid)[reader.ReadCount(MaxPages, 1 + sizeof(uint))];
        for (int index = 0; index < pages.Length; index++)
        {
            pages[index] = ((ReservationNotification)reader.ReadByte(), reader.ReadUInt32());
            reader.Require(
                pages[index].What <= ReservationNotification.ReservationPreempted, "a reservation notification is not known");
        }
        return () =>
        {
            lock (_lock)
            {
                _count = count;
                _pages.Clear();
                foreach ((ReservationNotification What, uint Nsid) page in pages)
                    _pages.Enqueue(page);
            }
        };
    }

    /// <summary>Saves the masks.</summary>
    public void SaveMasks(StateWriter writer)
    {
        lock (_lock)
        {
            writer.WriteCount(_masks.Count);
            foreach ((uint nsid, uint mask) in _masks)
            {
                writer.Write(nsid);
                writer.Write(mask);
            }
        }
    }

    /// <summary>Reads masks.</summary>
    /// <returns>Puts them in the place of those that there are.</returns>
    public Action ReadMasks(ref StateReader reader, uint definedBits)
    {
        var masks = new Dictionary<uint, uint>();
        for (int left = reader.ReadCount((int)NamespaceTable.MaxId, 2 * sizeof(uint)); left > 0; left--)
        {
            uint nsid = reader.ReadUInt32();
            masks[nsid] = reader.ReadUInt32();
            reader.Require((masks[nsid] & ~definedBits) == 0, "a reservation notification mask has bits that there are not");
        }
        return () =>
        {
            lock (_lock)
            {
                _masks.Clear();
                foreach ((uint nsid, uint mask) in masks)
                    _masks[nsid] = mask;
            }
        };
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
