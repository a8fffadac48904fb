using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>What a folder keeps beyond the life of its pool.</summary>
public sealed class DirectoryDiskPoolTests
{
    private const ulong TotalBytes = 4 << 20;

    private string _path = null!;
    private DiskPool _pool = null!;

    [SetUp]
    public void SetUp()
    {
        _path = Directory.CreateTempSubdirectory("nvmedb-pool").FullName;
        _pool = Open();
    }

    [TearDown]
    public void TearDown()
    {
        _pool.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    [Test]
    public void A_folder_keeps_its_disks_until_they_are_destroyed()
    {
        File.WriteAllText(Path.Combine(_path, "namespace-notes.raw"), "not a disk of the pool");
        _pool.Create(1, 1 << 20, 4096, isShared: true);
        PooledDisk gone = _pool.Create(2, 1 << 20, 512, isShared: false)!;
        _pool.Destroy(gone);
        _pool.SetBlock(_pool.Create(7, 1 << 19, 512, isShared: false)!, 4096);
        _pool.Dispose();
        _pool = Open();
        Assert.That(
            _pool.GetDisks().Select(disk => (disk.Nsid, disk.Disk.LengthBytes, disk.BlockBytes, disk.IsShared)),
            Is.EquivalentTo(new[] { (1u, 1ul << 20, 4096, true), (7u, 1ul << 19, 4096, false) }));
        Assert.That(_pool.FreeBytes, Is.EqualTo(TotalBytes - (1 << 20) - (1 << 19)));
    }

    [Test]
    public void A_folder_that_is_not_there_is_told() =>
        Assert.Throws<DirectoryNotFoundException>(() => new DirectoryDiskPool(Path.Combine(_path, "none"), 4096).Dispose());

    private DirectoryDiskPool Open() => new(_path, TotalBytes);
}
