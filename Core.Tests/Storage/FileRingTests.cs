using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>Reads through io_uring, and what becomes of them when it does not go well.</summary>
[SupportedOSPlatform("linux")]
public sealed class FileRingTests
{
    private const int Block = 4096;

    private string _folder = "";

    private string ImagePath => Path.Combine(_folder, "disk.img");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("nvmedb-ring-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_way_of_data_can_be_chosen_and_is_told()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        foreach (FileDiskIo io in Enum.GetValues<FileDiskIo>())
        {
            if (io == FileDiskIo.IoUring && !FileSystem.HasUring)
                continue;
            using FileDisk disk = FileDisk.Open(ImagePath, new FileDiskOptions { Io = io });
            FileDiskIo expected = io == FileDiskIo.Auto
                ? FileSystem.HasUring ? FileDiskIo.IoUring : FileDiskIo.Positional
                : io;
            Assert.That(disk.Io, Is.EqualTo(expected));
            Assert.That(disk.IsDirect, Is.False);
        }
    }

    [Test]
    public void Where_io_uring_is_not_to_be_had_it_is_refused_or_done_without()
    {
        using var file = new ScriptedFileChannel(); // has no descriptor
        Assert.That(() => new FileDisk(file, 1 << 20, 512, false, FileDiskIo.IoUring),
            Throws.InstanceOf<PlatformNotSupportedException>());
        using var disk = new FileDisk(file, 1 << 20, 512, false, FileDiskIo.Auto);
        Assert.That(disk.Io, Is.EqualTo(FileDiskIo.Positional));
    }

    [Test]
    public void More_requests_than_the_ring_has_room_for_all_end_with_their_own_data()
    {
        const int Count = 1000;
        byte[] data = GuestRam.Pattern(Count * Block, 7);
        File.WriteAllBytes(ImagePath, data);
        using FileDisk disk = MakeWaiting(result => result);
        using var ram = new GuestRam(Count * Block);
        TestRequest[] requests = [.. Enumerable.Range(0, Count).Select(_ => new TestRequest(1))];
        for (int i = 0; i < Count; i++)
        {
            requests[i].Operation = DiskOperation.Read;
            requests[i].OffsetBytes = (ulong)(i * Block);
            requests[i].LengthBytes = Block;
            requests[i].AddSegment(ram.Address + (i * Block), Block);
            Assert.That(requests[i].SubmitTo(disk), Is.EqualTo(DiskStatus.Pending));
        }
        Wait.Until(() => requests.All(request => request.Completions == 1), "all reads to end");
        Assert.That(requests.Select(request => request.Status), Is.All.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(data), Is.True);
        Array.ForEach(requests, request => request.Dispose());
    }

    [TestCase(FileError.InputOutput, DiskStatus.ReadError)]
    [TestCase(FileError.BadAddress, DiskStatus.InternalError)]
    [TestCase(FileError.NotSupported, DiskStatus.ReadError)]
    [TestCase(0, DiskStatus.ReadError)]
    public void Edge38_A_failed_read_is_told_and_the_ring_lives(int error, DiskStatus status)
    {
        File.WriteAllBytes(ImagePath, GuestRam.Pattern(8 * Block, 1));
        bool isBad = true;
        using FileDisk disk = MakeWaiting(result => isBad ? -error : result);
        using var ram = new GuestRam(Block);
        using var request = new TestRequest();
        Assert.That(request.Set(DiskOperation.Read, Block, ram).RunOn(disk), Is.EqualTo(status));
        isBad = false;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.Success));
    }

    [Test]
    public void Edge38_A_file_that_ends_inside_a_read_is_a_read_error()
    {
        File.WriteAllBytes(ImagePath, GuestRam.Pattern(8 * Block, 1));
        using FileDisk disk = MakeWaiting(result => result);
        using var ram = new GuestRam(2 * Block);
        using var request = new TestRequest();
        using (var cut = new FileStream(ImagePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(5 * Block);
        Assert.That(request.Set(DiskOperation.Read, 4 * Block, ram).RunOn(disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(request.Set(DiskOperation.Read, 6 * Block, ram).RunOn(disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(request.Set(DiskOperation.Read, 3 * Block, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
    }

    [Test]
    public void What_has_been_prepared_can_be_taken_back_until_it_is_submitted()
    {
        using IoUring ring = IoUring.TryCreate(8)!;
        using RingBell bell = RingBell.TryCreate()!;
        ring.Prepare(bell.Wait(1));
        ring.Prepare(bell.Wait(2));
        Assert.That(ring.Prepared, Is.EqualTo(2));
        Assert.That(ring.TryTakeBack(out ulong tag), Is.True);
        Assert.That(tag, Is.EqualTo(2));
        bell.Ring();
        Assert.That(ring.Enter(1), Is.EqualTo(1));
        Assert.That(ring.TryTakeBack(out _), Is.False);
        Assert.That(ring.TryTake(out IoUringCompletion completion), Is.True);
        Assert.That((completion.Tag, completion.Result), Is.EqualTo((1ul, sizeof(ulong))));
        Assert.That(ring.TryTake(out _), Is.False);
        Assert.That(ring.Enter(0), Is.Zero);
    }

    /// <summary>A disk of the image whose reads all go through the ring: the cache never has anything.</summary>
    private FileDisk MakeWaiting(Func<int, int> alter)
    {
        SafeFileHandle handle = File.OpenHandle(ImagePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var file = new UncachedFileChannel(new LinuxFileChannel(handle));
        return new FileDisk(
            file, (ulong)file.GetLength(), Block, isReadOnly: false, FileDiskIo.IoUring, alterRing: alter);
    }
}
