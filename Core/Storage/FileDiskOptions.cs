namespace NvmeDoorbell.Storage;

/// <summary>How <see cref="FileDisk.Open"/> opens a file.</summary>
public sealed record FileDiskOptions
{
    /// <summary>Length of a logical block in bytes: a power of two from 512 to 65536.</summary>
    public int BlockBytes { get; init; } = 512;

    /// <summary>The file is opened for reading alone, and writes are refused.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Length of the disk in bytes, a multiple of the block, no longer than the file; 0 takes the whole blocks of the
    /// file.
    /// </summary>
    public ulong LengthBytes { get; init; }

    /// <summary>How data is moved.</summary>
    public FileDiskIo Io { get; init; }

    /// <summary>
    /// Direct I/O (<c>O_DIRECT</c>, Linux): data goes between guest RAM and the device, not through the page cache. The
    /// block is a multiple of the device's. Guest buffers that the device cannot take are copied.
    /// </summary>
    public bool IsDirect { get; init; }

    /// <summary>
    /// The file may be open elsewhere as a disk: for the two ends of a migration, of which only one has requests at a time.
    /// Both say so: a file that is a disk otherwise cannot be opened as another.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>Without io_uring: reads (and direct writes) that may wait at once, 1 to 64; a thread each.</summary>
    public int Threads { get; init; } = 4;
}
