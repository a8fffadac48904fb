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
    private const int GetFlags = 3;             // F_GETFL, fcntl.h
    private const int SetFlags = 4;             // F_SETFL
    private const uint UsualAlignment = 4096;

    // struct statx, linux/stat.h: stx_dio_mem_align and stx_dio_offset_align, asked for by STATX_DIOALIGN.
    private const int StateBytes = 256;
    private const int StateDirectMemory = 152;
    private const int StateDirectOffset = 156;
    private const uint DirectAlignment = 0x2000;
    private const int EmptyPath = 0x1000;       // AT_EMPTY_PATH

    // stx_mode, asked for by STATX_TYPE, with S_IFMT and S_IFREG; stx_blocks, asked for by STATX_BLOCKS.
    private const int StateMode = 28;
    private const int StateBlocks = 48;
    private const int StateBlockBytes = 512;
    private const uint Kind = 0x1;
    private const uint Blocks = 0x400;
    private const int KindMask = 0xF000;
    private const int RegularFile = 0x8000;

    private const int PunchHoleMode = 0x2 | 0x1; // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE

    // The disk lets no call in once it closes and waits for those inside, so the descriptor needs no count of its own.
    private readonly int _descriptor = (int)handle.DangerousGetHandle();

    // O_DIRECT
    private static readonly int Direct =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    private FileAlignment _alignment;

    // preadv2 is missing (before Linux 4.6) or knows no RWF_NOWAIT for this file system: not asked again.
    private bool _cannotTell;

    /// <inheritdoc/>
    public override int Descriptor => _descriptor;

    /// <inheritdoc/>
    public override FileAlignment Alignment => _alignment;

    /// <summary>Lets data bypass the page cache from now on.</summary>
    /// <returns>0, or the negative of an error: the file system or the device has no direct I/O.</returns>
    public long MakeDirect()
    {
        long flags = Answer(Fcntl(_descriptor, GetFlags, 0));
        long result = flags < 0 ? flags : Answer(Fcntl(_descriptor, SetFlags, (nint)flags | Direct));
        if (result < 0)
            return result;
        Span<byte> state = stackalloc byte[StateBytes];
        // Linux before 6.1 does not tell, nor do some file systems: then what every device takes.
        _alignment = new FileAlignment(UsualAlignment, DiskGeometry.MinBlockBytes);
        if (Statx(_descriptor, "", EmptyPath, DirectAlignment, ref state[0]) == 0
            && (BitConverter.ToUInt32(state) & DirectAlignment) != 0)
        {
            _alignment = new FileAlignment(
                BitConverter.ToUInt32(state[StateDirectMemory..]), BitConverter.ToUInt32(state[StateDirectOffset..]));
        }
        return _alignment.IsDirect ? 0 : -FileError.InvalidArgument;
    }

    public override long GetLength() => Answer(Lseek(_descriptor, 0, SeekEnd));

    public override long GetAllocated()
    {
        Span<byte> state = stackalloc byte[StateBytes];
        try
        {
            if (Statx(_descriptor, "", EmptyPath, Blocks | Kind, ref state[0]) != 0)
                return -1;
        }
        catch (EntryPointNotFoundException)
        {
            return -1; // a C library from before 2018
        }
        return (BitConverter.ToUInt16(state[StateMode..]) & KindMask) == RegularFile
            ? BitConverter.ToInt64(state[StateBlocks..]) * StateBlockBytes
            : -1;
    }

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

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int descriptor, string path, int flags, uint mask, ref byte state);

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
