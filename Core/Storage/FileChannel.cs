using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// The calls that a <see cref="FileDisk"/> makes to the operating system, and nothing else: no retry, no loop. Each
/// answers with a number of bytes, or 0, or the negative of a <see cref="FileError"/>. Any number of threads at once.
/// </summary>
internal abstract class FileChannel : IDisposable
{
    /// <summary>The most segments that one read or write takes (IOV_MAX).</summary>
    public const int MaxSegments = 1024;

    /// <summary>The file's descriptor, for who calls the system itself; -1: there is none.</summary>
    public virtual int Descriptor => -1;

    /// <summary>What transfers have to keep to.</summary>
    public virtual FileAlignment Alignment => default;

    /// <summary>Length of the file or device in bytes now, or the negative of an error.</summary>
    public abstract long GetLength();

    /// <summary>Bytes that the file takes in its file system now; negative: it is no file, or the system does not tell.</summary>
    public virtual long GetAllocated() => -1;

    /// <summary>
    /// Reads into the segments, in order, from <paramref name="offset"/> on. May read less than asked for; 0: end of
    /// file.
    /// </summary>
    /// <param name="segments">At most <see cref="MaxSegments"/>, each of at least a byte.</param>
    /// <param name="offset">Where in the file.</param>
    /// <param name="mayBlock">
    /// False: what would wait for the device is answered with <see cref="FileError.TryAgain"/>, where the system can
    /// tell.
    /// </param>
    public abstract long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock);

    /// <summary>
    /// Writes the segments, in order, from <paramref name="offset"/> on. May write less than asked for.
    /// </summary>
    public abstract long Write(ReadOnlySpan<GuestSegment> segments, long offset);

    /// <summary>Makes every write that has returned durable.</summary>
    public abstract long Sync();

    /// <summary>Makes a range read as zeroes without writing them, or says that it cannot.</summary>
    public abstract long ZeroRange(long offset, long lengthBytes);

    /// <summary>
    /// Gives the room of a range back, which then reads as zeroes; the length stays. Or says that it cannot.
    /// </summary>
    public abstract long PunchHole(long offset, long lengthBytes);

    /// <summary>Makes the file this long, or says that it cannot (a device).</summary>
    public abstract long SetLength(long lengthBytes);

    /// <summary>Closes the file.</summary>
    public abstract void Dispose();
}
