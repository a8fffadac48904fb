using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>Finds out whether a file can be the disk that the options ask for.</summary>
internal static class FileOpening
{
    /// <summary>Opens the file and makes it direct where that is asked for.</summary>
    /// <exception cref="IOException">The system says no, or has no direct I/O for it.</exception>
    /// <exception cref="PlatformNotSupportedException">Direct I/O is asked for, and this is not Linux.</exception>
    public static FileChannel Open(string path, FileDiskOptions options)
    {
        SafeFileHandle handle = File.OpenHandle(
            path,
            FileMode.Open,
            options.IsReadOnly ? FileAccess.Read : FileAccess.ReadWrite,
            options.IsShared ? FileShare.ReadWrite : options.IsReadOnly ? FileShare.Read : FileShare.None);
        try
        {
            if (OperatingSystem.IsLinux() && Environment.Is64BitProcess)
            {
                var channel = new LinuxFileChannel(handle);
                if (options.IsDirect)
                    MakeDirect(channel, path, options.BlockBytes);
                return channel;
            }
            return options.IsDirect
                ? throw new PlatformNotSupportedException("Direct I/O needs 64-bit Linux.")
                : new RandomAccessFileChannel(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file, and makes it durable: its length, and its name in its folder.</summary>
    public static void Create(string path, ulong lengthBytes)
    {
        using (SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            try
            {
                RandomAccess.SetLength(handle, (long)lengthBytes);
                RandomAccess.FlushToDisk(handle);
            }
            catch
            {
                File.Delete(path);
                throw;
            }
        }
        if (OperatingSystem.IsLinux())
            LinuxFolder.Sync(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The length of the disk.</summary>
    /// <exception cref="IOException">The file has no length, or holds less than a block.</exception>
    /// <exception cref="ArgumentException">It is shorter than what is asked for.</exception>
    public static ulong ChooseLength(FileChannel channel, string path, FileDiskOptions options)
    {
        long file = channel.GetLength();
        if (file < 0)
            throw new IOException($"'{path}' has no length: it is neither a file nor a block device.");
        ulong wholeBlocks = (ulong)file / (uint)options.BlockBytes * (uint)options.BlockBytes;
        if (wholeBlocks == 0)
            throw new IOException($"'{path}' is {file} bytes long: less than a block of {options.BlockBytes}.");
        if (options.LengthBytes > wholeBlocks)
        {
            throw new ArgumentException(
                $"'{path}' is {file} bytes long: too short for a disk of {options.LengthBytes}.", nameof(options));
        }
        return options.LengthBytes == 0 ? wholeBlocks : options.LengthBytes;
    }

    [SupportedOSPlatform("linux")]
    private static void MakeDirect(LinuxFileChannel channel, string path, int blockBytes)
    {
        if (channel.MakeDirect() < 0)
            throw new IOException($"'{path}' cannot be opened for direct I/O: its file system has none.");
        if (channel.Alignment.BlockBytes > blockBytes)
        {
            throw new IOException(
                $"'{path}' takes direct I/O in blocks of {channel.Alignment.BlockBytes} bytes, not of {blockBytes}.");
        }
        // Not every system tells what it needs: so the first block is read, before a guest finds out.
        using var block = new NativeBlock((nuint)blockBytes, GuestMemory.PageBytes);
        GuestSegment segment = new(block.Address, (nuint)blockBytes);
        long result = channel.Read(new ReadOnlySpan<GuestSegment>(in segment), 0, mayBlock: true);
        if (result == -FileError.InvalidArgument)
            throw new IOException($"'{path}' takes no direct I/O in blocks of {blockBytes} bytes.");
    }
}
