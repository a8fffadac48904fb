using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>How far a read or write has got: a segment, and how much of that one.</summary>
internal struct TransferPosition(DiskRequest request)
{
    private int _index;
    private nuint _within;

    /// <summary>The request.</summary>
    public readonly DiskRequest Request => request;

    /// <summary>Bytes still to be moved.</summary>
    public ulong LeftBytes { get; private set; } = request.LengthBytes;

    /// <summary>Where on the disk.</summary>
    public long Offset { get; private set; } = (long)request.OffsetBytes;

    /// <summary>The segments are fewer than the length: the owner has made a false sum.</summary>
    public readonly bool IsPastSegments => _index >= request.SegmentCount;

    /// <summary>What is left of the current segment.</summary>
    public readonly GuestSegment Rest
    {
        get
        {
            GuestSegment segment = request.Segments[_index];
            return new GuestSegment(segment.Address + (nint)_within, segment.LengthBytes - _within);
        }
    }

    /// <summary>
    /// Segments of the next call: as many as it takes from a segment's start, else 1, the rest of a broken one alone,
    /// because the list itself is not changed.
    /// </summary>
    public readonly int NextCount => _within > 0 ? 1 : Math.Min(request.SegmentCount - _index, FileChannel.MaxSegments);

    /// <summary>Host address of the current segment in the list of the request.</summary>
    public readonly nint NextAddress => request.SegmentsAddress + (_index * Unsafe.SizeOf<GuestSegment>());

    /// <summary>The segments of the next call.</summary>
    /// <param name="rest"><see cref="Rest"/>, kept by the caller for the length of the call.</param>
    public readonly ReadOnlySpan<GuestSegment> Next(ref readonly GuestSegment rest) => _within > 0
        ? new ReadOnlySpan<GuestSegment>(in rest)
        : request.Segments.Slice(_index, NextCount);

    /// <summary>So many bytes have been moved.</summary>
    public void Advance(long bytes)
    {
        LeftBytes -= Math.Min((ulong)bytes, LeftBytes);
        Offset += bytes;
        _within += (nuint)bytes;
        ReadOnlySpan<GuestSegment> segments = request.Segments;
        while (_index < segments.Length && _within >= segments[_index].LengthBytes)
            _within -= segments[_index++].LengthBytes;
    }
}
