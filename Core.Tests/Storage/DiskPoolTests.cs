using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>What holds for every pool.</summary>
[TestFixture("ram")]
[TestFixture("folder")]
public sealed class DiskPoolTests(string kind)
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
    public void Disks_are_made_of_what_is_free_and_give_it_back()
    {
        Assert.That(_pool.FreeBytes, Is.EqualTo(TotalBytes));
        PooledDisk? disk = _pool.Create(3, 1 << 20, 4096, isShared: true);
        Assert.That(disk!.Disk.LengthBytes, Is.EqualTo(1 << 20));
        Assert.That(disk.Disk.BlockBytes, Is.EqualTo(512));
        Assert.That(_pool.FreeBytes, Is.EqualTo(TotalBytes - (1 << 20)));
        Assert.That(_pool.GetDisks(), Is.EqualTo(new[] { disk }));
        Assert.That(_pool.Create(4, TotalBytes, 512, isShared: false), Is.Null, "no room");
        Assert.Throws<ArgumentException>(() => _pool.Create(3, 512, 512, isShared: false), "twice");
        Assert.Throws<ArgumentOutOfRangeException>(() => _pool.Create(5, 100, 512, isShared: false), "no length");
        PooledDisk changed = _pool.SetBlock(disk, 512);
        Assert.That(_pool.GetDisks(), Is.EqualTo(new[] { disk with { BlockBytes = 512 } }));
        _pool.Destroy(changed);
        Assert.That(_pool.FreeBytes, Is.EqualTo(TotalBytes));
        Assert.That(_pool.GetDisks(), Is.Empty);
    }

    private DiskPool Open() => kind == "ram" ? new RamDiskPool(TotalBytes) : new DirectoryDiskPool(_path, TotalBytes);
}
