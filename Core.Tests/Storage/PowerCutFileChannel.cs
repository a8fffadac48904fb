using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// A file in a model of a machine that may lose power at any moment: what has been written is seen by reads, and what
/// has been synced is there after the cut. Of the rest, each write is there, or is not, or is there in part.
/// </summary>
internal sealed class PowerCutFileChannel(int lengthBytes, int sectorBytes) : FileChannel
{
    private readonly Lock _lock = new();
    private readonly byte[] _written = new byte[lengthBytes];
    private readonly byte[] _synced = new byte[lengthBytes];
    private readonly HashSet<int> _unsynced = [];

    public override long GetLength() => lengthBytes;

    /// <summary>What is on the medium after a cut now.</summary>
    public byte[] CutPower(Random random)
    {
        lock (_lock)
        {
            byte[] medium = [.. _synced];
            foreach (int sector in _unsynced.Where(_ => random.Next(2) == 0))
                Sector(_written, sector).CopyTo(Sector(medium, sector));
            return medium;
        }
    }

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock)
    {
        lock (_lock)
        {
            int at = (int)offset;
            foreach (GuestSegment segment in segments)
            {
                _written.AsSpan(at, segment.Span.Length).CopyTo(segment.Span);
                at += segment.Span.Length;
            }
            return at - offset;
        }
    }

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset)
    {
        lock (_lock)
        {
            int at = (int)offset;
            foreach (GuestSegment segment in segments)
            {
                segment.Span.CopyTo(_written.AsSpan(at));
                at += segment.Span.Length;
            }
            Touch((int)offset, at - (int)offset);
            return at - offset;
        }
    }

    public override long Sync()
    {
        HashSet<int> covered;
        lock (_lock)
            covered = [.. _unsynced];
        // Writes go on while a sync is under way, and the sync does not owe them anything.
        Thread.Yield();
        lock (_lock)
        {
            foreach (int sector in covered)
                Sector(_written, sector).CopyTo(Sector(_synced, sector));
            _unsynced.ExceptWith(covered);
            return 0;
        }
    }

    public override long ZeroRange(long offset, long lengthBytes)
    {
        lock (_lock)
        {
            _written.AsSpan((int)offset, (int)lengthBytes).Clear();
            Touch((int)offset, (int)lengthBytes);
            return 0;
        }
    }

    public override long PunchHole(long offset, long lengthBytes) => ZeroRange(offset, lengthBytes);

    public override long SetLength(long lengthBytes) => -FileError.NotSupported;

    public override void Dispose()
    {
    }

    private void Touch(int offset, int lengthBytes)
    {
        for (int sector = offset / sectorBytes; sector * sectorBytes < offset + lengthBytes; sector++)
            _unsynced.Add(sector);
    }

    private Span<byte> Sector(byte[] bytes, int sector) => bytes.AsSpan(sector * sectorBytes, sectorBytes);
}
