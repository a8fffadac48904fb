using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>A kind of disk, and how to make one, for the tests that every disk has to pass.</summary>
/// <param name="Name">What the test's name says.</param>
/// <param name="KeepsData">Reads give what was written; else zeroes.</param>
/// <param name="Create">Makes a disk of a length and block size; the string is a path for it alone.</param>
public sealed record DiskUnderTest(string Name, bool KeepsData, Func<string, ulong, int, IDisk> Create)
{
    public static IEnumerable<DiskUnderTest> All => [.. OfEverySystem, .. FileSystem.Kinds];

    private static IEnumerable<DiskUnderTest> OfEverySystem =>
    [
        new("RAM", true, (_, length, block) => new RamDisk(length, block)),
        new("faulty", true, (_, length, block) =>
            new FaultyDisk(new RamDisk(length, block), new DiskFaultPlan { Twice = 4, Reorder = 2, Stall = 1000 })),
        new("null", false, (_, length, block) => new NullDisk(length, block)),
        new("documented example", true, (_, length, block) =>
        {
            byte[] data = new byte[length];
            data.AsSpan().Fill(0xFF);
            return new InvertedDisk(data, block);
        }),
        new("file", true, (path, length, block) =>
        {
            MakeSparse(path, length);
            return FileDisk.Open(path, new FileDiskOptions { BlockBytes = block });
        }),
        new("file by RandomAccess", true, (path, length, block) =>
        {
            MakeSparse(path, length);
            SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            return new FileDisk(new RandomAccessFileChannel(handle), length, block, isReadOnly: false);
        }),
        new("file that moves data in bits", true, (path, length, block) =>
        {
            MakeSparse(path, length);
            SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            return new FileDisk(new HaltingFileChannel(new RandomAccessFileChannel(handle)), length, block, false);
        }),
    ];

    public static void MakeSparse(string path, ulong lengthBytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        file.SetLength((long)lengthBytes);
    }

    public override string ToString() => Name;
}
