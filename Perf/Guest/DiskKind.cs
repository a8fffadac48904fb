using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>A kind of disk to measure on.</summary>
/// <param name="Name">Part of the figure's name.</param>
/// <param name="Title">For people.</param>
/// <param name="Create">Makes it, once for the process: what a sample reads has been touched before.</param>
internal sealed record DiskKind(string Name, string Title, Func<IDisk> Create)
{
    private const int ChunkBytes = 1 << 20;
    private const ulong LengthBytes = 256UL << 20;

    /// <summary>The file of <see cref="CachedFile"/>, there once the disk is.</summary>
    public static readonly string FilePath = Path.Combine("artifacts", "perf", "disk.img");

    private IDisk? _disk;

    public static DiskKind Null { get; } = new("null", "the null disk", static () => new NullDisk(1UL << 30));

    public static DiskKind Ram { get; } = new("ram", "a RAM disk of 256 MiB", CreateRam);

    public static DiskKind CachedFile { get; } = new("file", "a file of 256 MiB in the page cache", OpenFile);

    /// <summary>The disk, which nobody disposes.</summary>
    public IDisk Disk => _disk ??= Create();

    private static RamDisk CreateRam()
    {
        var disk = new RamDisk(LengthBytes);
        using var fill = new FillRequest(ChunkBytes);
        for (var offset = 0UL; offset < LengthBytes; offset += ChunkBytes) fill.Write(disk, offset);
        return disk;
    }

    /// <summary>
    /// The file is written once, so that it has blocks, and read, so that the page cache has them: one of an earlier run
    /// may have left it.
    /// </summary>
    private static FileDisk OpenFile()
    {
        var chunk = new byte[ChunkBytes];
        if (!File.Exists(FilePath) || (ulong)new FileInfo(FilePath).Length != LengthBytes)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            using var made = File.Create(FilePath);
            Random.Shared.NextBytes(chunk);
            for (var written = 0UL; written < LengthBytes; written += ChunkBytes) made.Write(chunk);
        }
        using (var file = File.OpenRead(FilePath))
        {
            while (file.Read(chunk) != 0)
            {
            }
        }
        return FileDisk.Open(FilePath);
    }
}
