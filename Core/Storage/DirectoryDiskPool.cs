using System.Globalization;

namespace NvmeDoorbell.Storage;

/// <summary>
/// A pool that keeps each disk as a raw file of a folder, named <c>namespace-7-4096-shared.raw</c> after what it was
/// made for. Files are sparse: they take room as they are written. Those that are there when the pool is opened are
/// disks of it again.
/// </summary>
public sealed class DirectoryDiskPool : DiskPool
{
    private const string Prefix = "namespace";
    private const string Extension = ".raw";
    private const string Shared = "shared";
    private const string Private = "private";

    private readonly string _path;

    /// <summary>Opens a folder as a pool.</summary>
    /// <param name="path">An existing folder that no other pool uses.</param>
    /// <param name="totalBytes">The most that all disks have together.</param>
    /// <exception cref="IOException">There is no such folder, or one of its disks cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be used this way.</exception>
    public DirectoryDiskPool(string path, ulong totalBytes)
        : base(totalBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException($"There is no folder '{path}'.");
        try
        {
            foreach (string file in Directory.EnumerateFiles(path, $"{Prefix}-*{Extension}"))
            {
                if (TryParse(Path.GetFileNameWithoutExtension(file), out uint nsid, out int blockBytes, out bool isShared))
                    Adopt(new PooledDisk(nsid, Open(file), blockBytes, isShared));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private protected override IDisk Make(uint nsid, ulong lengthBytes, int blockBytes, bool isShared)
    {
        string file = GetFile(nsid, blockBytes, isShared);
        using (FileStream stream = new(file, FileMode.CreateNew, FileAccess.Write))
        {
            try
            {
                stream.SetLength((long)lengthBytes);
            }
            catch
            {
                File.Delete(file);
                throw;
            }
        }
        return Open(file);
    }

    private protected override void Rename(PooledDisk disk, PooledDisk changed) =>
        File.Move(GetFile(disk), GetFile(changed));

    private protected override void Forget(PooledDisk disk) => File.Delete(GetFile(disk));

    private static FileDisk Open(string file) => FileDisk.Open(file, new FileDiskOptions { BlockBytes = DiskBlockBytes });

    private static bool TryParse(string name, out uint nsid, out int blockBytes, out bool isShared)
    {
        string[] parts = name.Split('-');
        nsid = 0;
        blockBytes = 0;
        isShared = parts[^1] == Shared;
        return parts.Length == 4
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out nsid)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out blockBytes)
            && parts[3] is Shared or Private;
    }

    private string GetFile(PooledDisk disk) => GetFile(disk.Nsid, disk.BlockBytes, disk.IsShared);

    private string GetFile(uint nsid, int blockBytes, bool isShared) => Path.Combine(
        _path,
        string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}-{nsid}-{blockBytes}-{(isShared ? Shared : Private)}{Extension}"));
}
