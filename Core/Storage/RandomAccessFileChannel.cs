using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A file by <see cref="RandomAccess"/>: for systems other than Linux. One call a segment; an error costs an exception.
/// </summary>
internal sealed class RandomAccessFileChannel(SafeFileHandle handle) : FileChannel
{
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    public override long GetLength()
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException)
        {
            return ToError(exception);
        }
    }

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock)
    {
        long done = 0;
        try
        {
            foreach (GuestSegment segment in segments)
            {
                int read = RandomAccess.Read(handle, segment.Span, offset + done);
                done += read;
                if ((nuint)read < segment.LengthBytes)
                    break;
            }
            return done;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return done > 0 ? done : ToError(exception);
        }
    }

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset)
    {
        long done = 0;
        try
        {
            foreach (GuestSegment segment in segments)
            {
                RandomAccess.Write(handle, segment.Span, offset + done);
                done += (long)segment.LengthBytes;
            }
            return done;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return done > 0 ? done : ToError(exception);
        }
    }

    public override long Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
            return 0;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return ToError(exception);
        }
    }

    public override long ZeroRange(long offset, long lengthBytes) => -FileError.NotSupported;

    public override long PunchHole(long offset, long lengthBytes) => -FileError.NotSupported;

    public override long SetLength(long lengthBytes)
    {
        try
        {
            RandomAccess.SetLength(handle, lengthBytes);
            return 0;
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            return ToError(exception);
        }
    }

    public override void Dispose() => handle.Dispose();

    private static bool IsOfFile(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException;

    // On Unix the result code of an IOException is the errno.
    private static long ToError(Exception exception) => exception.HResult switch
    {
        WindowsDiskFull or WindowsHandleDiskFull or FileError.NoSpace => -FileError.NoSpace,
        _ => -FileError.InputOutput,
    };
}
