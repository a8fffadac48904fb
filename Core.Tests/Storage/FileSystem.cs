using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>What this system and the file system of its temporary files can do, and the disks that need it.</summary>
internal static class FileSystem
{
    private static readonly Lazy<bool> Uring = new(() => Works(new FileDiskOptions { Io = FileDiskIo.IoUring }));
    private static readonly Lazy<bool> Direct = new(() => Works(new FileDiskOptions { IsDirect = true }));

    [SupportedOSPlatformGuard("linux")]
    public static bool HasUring => Uring.Value;

    /// <summary>Direct I/O in blocks of 512 bytes.</summary>
    public static bool HasDirect => Direct.Value;

    public static IEnumerable<DiskUnderTest> Kinds
    {
        get
        {
            if (HasDirect)
                yield return Kind("direct file by threads", new() { IsDirect = true, Io = FileDiskIo.Positional });
            if (HasDirect && HasUring)
                yield return Kind("direct file by io_uring", new() { IsDirect = true, Io = FileDiskIo.IoUring });
            if (HasUring)
                yield return new("file that io_uring moves in bits", true, OpenHalting);
        }
    }

    private static DiskUnderTest Kind(string name, FileDiskOptions options) => new(name, true, (path, length, block) =>
    {
        DiskUnderTest.MakeSparse(path, length);
        return FileDisk.Open(path, options with { BlockBytes = block });
    });

    [SupportedOSPlatform("linux")]
    private static FileDisk OpenHalting(string path, ulong length, int block)
    {
        DiskUnderTest.MakeSparse(path, length);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        int calls = 0;
        int Alter(int result) => ++calls % 7 == 0 ? -FileError.Interrupted
            : calls % 11 == 0 ? -FileError.TryAgain
            : Math.Min(result, 1 + (calls % 1000));
        return new FileDisk(
            new HaltingFileChannel(new LinuxFileChannel(handle)), length, block, false, FileDiskIo.IoUring,
            alterRing: Alter);
    }

    private static bool Works(FileDiskOptions options)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[4096]);
            FileDisk.Open(path, options).Dispose();
            return true;
        }
        catch (Exception exception) when (exception is IOException or PlatformNotSupportedException)
        {
            return false;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
