using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A file by <c>preadv2</c>, <c>pwritev</c>, <c>fdatasync</c> and <c>fallocate</c>: the kernel moves data straight
/// between the file and guest RAM.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxFileChannel(SafeFileHandle handle) : FileChannel
{
    private const int SeekEnd = 2;              // SEEK_END, unistd.h
    private const int NoWait = 8;               // RWF_NOWAIT, linux/fs.h
    private const int ZeroRangeMode = 0x10;     // FALLOC_FL_ZERO_RANGE, linux/falloc.h
    private const int PunchHoleMode = 0x2 | 0x1; // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE

    // The disk lets no call in once it closes and waits for those inside, so the descriptor needs no count of its own.
    private readonly int _descriptor = (int)handle.DangerousGetHandle();

    // preadv2 is missing (before Linux 4.6) or knows no RWF_NOWAIT for this file system: not asked again.
    private bool _cannotTell;

    public override long GetLength() => Answer(Lseek(_descriptor, 0, SeekEnd));

    public override long Read(ReadOnlySpan<GuestSegment> segments, long offset, bool mayBlock)
    {
        ref readonly GuestSegment first = ref MemoryMarshal.GetReference(segments);
        if (!mayBlock && !_cannotTell)
        {
            long result = Answer(Preadv2(_descriptor, in first, segments.Length, offset, NoWait));
            if (result is not (-FileError.NotSupported or -FileError.NoSuchCall or -FileError.InvalidArgument))
                return result;
            _cannotTell = true;
        }
        return Answer(Preadv(_descriptor, in first, segments.Length, offset));
    }

    public override long Write(ReadOnlySpan<GuestSegment> segments, long offset) =>
        Answer(Pwritev(_descriptor, in MemoryMarshal.GetReference(segments), segments.Length, offset));

    public override long Sync() => Answer(Fdatasync(_descriptor));

    public override long ZeroRange(long offset, long lengthBytes) =>
        Answer(Fallocate(_descriptor, ZeroRangeMode, offset, lengthBytes));

    public override long PunchHole(long offset, long lengthBytes) =>
        Answer(Fallocate(_descriptor, PunchHoleMode, offset, lengthBytes));

    public override long SetLength(long lengthBytes) => Answer(Ftruncate(_descriptor, lengthBytes));

    public override void Dispose() => handle.Dispose();

    private static long Answer(nint result) => result >= 0 ? result : -(long)Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial nint Lseek(int descriptor, nint offset, int whence);

    [LibraryImport("libc", EntryPoint = "preadv", SetLastError = true)]
    private static partial nint Preadv(int descriptor, in GuestSegment segments, int count, long offset);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint Preadv2(int descriptor, in GuestSegment segments, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    private static partial nint Pwritev(int descriptor, in GuestSegment segments, int count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Fallocate(int descriptor, int mode, long offset, long lengthBytes);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Ftruncate(int descriptor, long lengthBytes);
}
