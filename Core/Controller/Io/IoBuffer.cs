using NvmeDoorbell.Memory;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// What a command holds while it goes from step to step: a list of ranges, data, and how far it has come. Native memory,
/// whose pages come into being when they are first used.
/// </summary>
internal sealed class IoBuffer : IDisposable
{
    /// <summary>Room for a list: 256 ranges of Dataset Management, 128 of Copy.</summary>
    public const int ListBytes = 4096;

    /// <summary>Room for data: what is read at a time, and the most that Copy copies.</summary>
    public const int DataBytes = 128 << 10;

    /// <summary>The most segments that <see cref="Segments"/> holds.</summary>
    public const int MaxSegments = (ListBytes + DataBytes) / 16;

    private readonly NativeBlock _block = new(ListBytes + DataBytes, GuestMemory.PageBytes);

    /// <summary>The command has been checked, and what follows says where it stands.</summary>
    public bool IsPrepared;

    /// <summary>First byte on the disk of what the command is about.</summary>
    public ulong OffsetBytes;

    /// <summary>Length of that.</summary>
    public ulong LengthBytes;

    /// <summary>How much of it has been dealt with.</summary>
    public ulong DoneBytes;

    /// <summary>Number of ranges in the list.</summary>
    public int Count;

    /// <summary>The range whose turn it is.</summary>
    public int Index;

    /// <summary>Stretches of guest memory that the request holds behind the one of this buffer.</summary>
    public int GuestSegments;

    /// <summary>What the command writes is durable before it completes.</summary>
    public bool ForceUnitAccess;

    public Span<byte> List => _block.Span[..ListBytes];

    public Span<byte> Data => _block.Span[ListBytes..];

    /// <summary>All of it, for a request with more segments than it has room for.</summary>
    public SegmentMemory Segments => new(_block, 0, MaxSegments);

    /// <summary>The request's own memory for segments, while it uses <see cref="Segments"/>.</summary>
    public SegmentMemory? Replaced;

    /// <summary>A stretch of <see cref="Data"/>, for a disk.</summary>
    public GuestSegment Segment(ulong offsetBytes, ulong lengthBytes) =>
        new(_block.Address + ListBytes + (nint)offsetBytes, (nuint)lengthBytes);

    /// <summary>Forgets where the last command stood.</summary>
    public void Reset()
    {
        IsPrepared = false;
        DoneBytes = 0;
        Count = 0;
        Index = 0;
        GuestSegments = 0;
        ForceUnitAccess = false;
    }

    public void Dispose() => _block.Dispose();
}
