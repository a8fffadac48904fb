using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>A kind of disk to measure on.</summary>
/// <param name="Name">Part of the figure's name.</param>
/// <param name="Title">For people.</param>
/// <param name="Create">Makes it, once for the process: what a sample reads has been touched before.</param>
internal sealed record DiskKind(string Name, string Title, Func<IDisk> Create)
{
    private IDisk? _disk;

    private const int ChunkBytes = 1 << 20;
    private const ulong LengthBytes = 256UL << 20;

    private static readonly string FilePath = Path.Combine("artifacts", "perf", "disk.img");

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

    /// <summary>The file is written once, so that it has blocks and the page cache has them.</summary>
    private static FileDisk OpenFile()
    {
        if (!File.Exists(FilePath) || (ulong)new FileInfo(FilePath).Length != LengthBytes)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            using var file = File.Create(FilePath);
            var chunk = new byte[ChunkBytes];
            Random.Shared.NextBytes(chunk);
            for (var written = 0UL; written < LengthBytes; written += (ulong)chunk.Length) file.Write(chunk);
        }
        return FileDisk.Open(FilePath);
    }
}
