using Microsoft.Win32.SafeHandles;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>Opening files, good and bad, and files that change under the disk.</summary>
public sealed class FileDiskTests
{
    private string _folder = "";

    private string ImagePath => Path.Combine(_folder, "disk.img");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("nvmedb-file-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(512L, 512, 512UL)]
    [TestCase(10000L, 512, 9728UL)]
    [TestCase(10000L, 4096, 8192UL)]
    [TestCase(4096L, 4096, 4096UL)]
    public void A_file_of_any_length_gives_its_whole_blocks(long fileBytes, int blockBytes, ulong diskBytes)
    {
        DiskUnderTest.MakeSparse(ImagePath, (ulong)fileBytes);
        using FileDisk disk = FileDisk.Open(ImagePath, new FileDiskOptions { BlockBytes = blockBytes });
        Assert.That(disk.LengthBytes, Is.EqualTo(diskBytes));
    }

    [TestCase(0UL, 512)]
    [TestCase(511UL, 512)]
    [TestCase(4095UL, 4096)]
    public void Edge38_A_file_without_a_whole_block_is_refused_and_let_go(ulong fileBytes, int blockBytes)
    {
        DiskUnderTest.MakeSparse(ImagePath, fileBytes);
        Assert.That(() => FileDisk.Open(ImagePath, new FileDiskOptions { BlockBytes = blockBytes }),
            Throws.InstanceOf<IOException>().With.Message.Contains(ImagePath));
        using var free = new FileStream(ImagePath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.That(free.Length, Is.EqualTo(fileBytes));
    }

    [Test]
    public void A_file_is_one_disk_unless_it_is_shared()
    {
        DiskUnderTest.MakeSparse(ImagePath, 4096);
        FileDiskOptions alone = new(), shared = new() { IsShared = true };
        using (FileDisk first = FileDisk.Open(ImagePath, alone))
        {
            Assert.That(() => FileDisk.Open(ImagePath, alone), Throws.InstanceOf<IOException>());
            Assert.That(() => FileDisk.Open(ImagePath, shared), Throws.InstanceOf<IOException>(), "the first is not");
        }
        using FileDisk one = FileDisk.Open(ImagePath, shared), other = FileDisk.Open(ImagePath, shared);
        Assert.That(() => FileDisk.Open(ImagePath, alone), Throws.InstanceOf<IOException>());
        Assert.That(other.LengthBytes, Is.EqualTo(one.LengthBytes));
    }

    [Test]
    public void A_part_of_a_file_can_be_the_disk_and_more_than_the_file_cannot()
    {
        DiskUnderTest.MakeSparse(ImagePath, 10000);
        using (FileDisk disk = FileDisk.Open(ImagePath, new FileDiskOptions { LengthBytes = 1024 }))
            Assert.That(disk.LengthBytes, Is.EqualTo(1024));
        Assert.That(() => FileDisk.Open(ImagePath, new FileDiskOptions { LengthBytes = 10240 }),
            Throws.ArgumentException);
        Assert.That(() => FileDisk.Open(ImagePath, new FileDiskOptions { LengthBytes = 1000 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(256)]
    [TestCase(1000)]
    [TestCase(131072)]
    [TestCase(-512)]
    [TestCase(int.MinValue)]
    public void A_block_that_is_none_is_refused(int blockBytes)
    {
        DiskUnderTest.MakeSparse(ImagePath, 1 << 20);
        Assert.That(() => FileDisk.Open(ImagePath, new FileDiskOptions { BlockBytes = blockBytes }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RamDisk(1 << 20, blockBytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NullDisk(1 << 20, blockBytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0UL)]
    [TestCase(1000UL)]
    [TestCase(ulong.MaxValue)]
    [TestCase(1UL << 63)]
    public void A_length_that_is_no_number_of_blocks_is_refused(ulong lengthBytes)
    {
        Assert.That(() => new RamDisk(lengthBytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NullDisk(lengthBytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Edge38_A_path_that_is_no_file_is_refused()
    {
        Assert.That(() => FileDisk.Open(ImagePath), Throws.InstanceOf<FileNotFoundException>());
        Assert.That(() => FileDisk.Open(Path.Combine(_folder, "none", "disk.img")),
            Throws.InstanceOf<DirectoryNotFoundException>());
        Assert.That(() => FileDisk.Open(_folder), Throws.InstanceOf<UnauthorizedAccessException>());
        Assert.That(() => FileDisk.Open(""), Throws.ArgumentException);
    }

    [Test]
    public void What_is_written_is_in_the_file()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        byte[] data = GuestRam.Pattern(1024, 1);
        using (FileDisk disk = FileDisk.Open(ImagePath))
        {
            using var ram = new GuestRam(1024);
            using var request = new TestRequest();
            data.CopyTo(ram.Bytes);
            Assert.That(request.Set(DiskOperation.Write, 7168, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        }
        byte[] file = File.ReadAllBytes(ImagePath);
        Assert.That(file, Has.Length.EqualTo(8192));
        Assert.That(file.AsSpan(7168).SequenceEqual(data), Is.True);
        Assert.That(file.AsSpan(0, 7168).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [Test]
    public void A_file_open_for_writing_is_not_opened_again_and_readers_may_be_many()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        var readOnly = new FileDiskOptions { IsReadOnly = true };
        using (FileDisk.Open(ImagePath))
        {
            Assert.That(() => FileDisk.Open(ImagePath), Throws.InstanceOf<IOException>());
            Assert.That(() => FileDisk.Open(ImagePath, readOnly), Throws.InstanceOf<IOException>());
        }
        using (FileDisk.Open(ImagePath, readOnly))
        using (FileDisk.Open(ImagePath, readOnly))
            Assert.That(() => FileDisk.Open(ImagePath), Throws.InstanceOf<IOException>());
        FileDisk.Open(ImagePath).Dispose();
    }

    [Test]
    public void A_read_only_disk_reads_and_refuses_writes()
    {
        byte[] data = GuestRam.Pattern(4096, 2);
        File.WriteAllBytes(ImagePath, data);
        using (FileDisk disk = FileDisk.Open(ImagePath, new FileDiskOptions { IsReadOnly = true }))
        {
            using var ram = new GuestRam(4096);
            using var request = new TestRequest();
            Assert.That(disk.IsReadOnly, Is.True);
            Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.WriteFault));
            request.ForceUnitAccess = true;
            Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.WriteFault));
            Assert.That(request.Set(DiskOperation.WriteZeroes, 0, 512).RunOn(disk), Is.EqualTo(DiskStatus.WriteFault));
            Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
            Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
            Assert.That(ram.Bytes.SequenceEqual(data), Is.True);
        }
        Assert.That(File.ReadAllBytes(ImagePath), Is.EqualTo(data));
    }

    [Test]
    public void Edge38_A_file_cut_under_the_disk_gives_read_errors_beyond_its_end_and_takes_writes()
    {
        DiskUnderTest.MakeSparse(ImagePath, 64 * 1024);
        using SafeFileHandle handle = OpenShared();
        using var disk = new FileDisk(new RandomAccessFileChannel(handle), 64 * 1024, 512, isReadOnly: false);
        CutAndRead(disk, length => RandomAccess.SetLength(handle, length));
    }

    [Test]
    public void Edge38_The_same_by_the_system_calls_of_Linux()
    {
        if (!OperatingSystem.IsLinux())
            return;
        DiskUnderTest.MakeSparse(ImagePath, 64 * 1024);
        using SafeFileHandle handle = OpenShared();
        using var disk = new FileDisk(new LinuxFileChannel(handle), 64 * 1024, 512, isReadOnly: false);
        CutAndRead(disk, length => RandomAccess.SetLength(handle, length));
    }

    [Test]
    public void Edge38_A_full_device_is_full()
    {
        if (!OperatingSystem.IsLinux())
            return;
        SafeFileHandle handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var disk = new FileDisk(new LinuxFileChannel(handle), 1 << 20, 512, isReadOnly: false);
        using var ram = new GuestRam(4096);
        using var request = new TestRequest();
        Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Full));
        request.ForceUnitAccess = true;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.Full));
        Assert.That(request.Set(DiskOperation.WriteZeroes, 0, 8192).RunOn(disk), Is.EqualTo(DiskStatus.Full));
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [Test]
    public void Edge42_Disks_opened_and_disposed_leave_no_descriptor_behind()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        FileDisk.Open(ImagePath).Dispose();
        int[] before = OpenDescriptorsOfImage();
        using var request = new TestRequest();
        for (int i = 0; i < 200; i++)
        {
            using FileDisk disk = FileDisk.Open(ImagePath);
            Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        }
        Assert.That(OpenDescriptorsOfImage(), Is.EqualTo(before));
    }

    private SafeFileHandle OpenShared() =>
        File.OpenHandle(ImagePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private int[] OpenDescriptorsOfImage() => !OperatingSystem.IsLinux()
        ? []
        : [.. Directory.EnumerateFiles("/proc/self/fd")
            .Where(link => new FileInfo(link).LinkTarget == ImagePath)
            .Select(link => int.Parse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture))];

    private static void CutAndRead(FileDisk disk, Action<long> setLength)
    {
        using var ram = new GuestRam(4096);
        using var request = new TestRequest();
        ram.Fill(0x11);
        Assert.That(request.Set(DiskOperation.Write, 32768, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        setLength(34816);
        Assert.That(request.Set(DiskOperation.Read, 32768, ram).RunOn(disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(request.Set(DiskOperation.Read, 49152, ram).RunOn(disk), Is.EqualTo(DiskStatus.ReadError));
        Assert.That(request.Set(DiskOperation.Read, 28672, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        ram.Fill(0x22);
        Assert.That(request.Set(DiskOperation.Write, 49152, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(request.Set(DiskOperation.Read, 49152, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0x22), Is.EqualTo(-1));
    }

    [Test]
    public void A_created_file_is_as_long_as_was_said_and_takes_no_room()
    {
        using (FileDisk disk = FileDisk.Create(ImagePath, 1 << 30, new FileDiskOptions { BlockBytes = 4096 }))
            Assert.That(disk.LengthBytes, Is.EqualTo(1 << 30));
        Assert.That(new FileInfo(ImagePath).Length, Is.EqualTo(1 << 30));
        Assert.That(() => FileDisk.Create(ImagePath, 4096), Throws.InstanceOf<IOException>());
        Assert.That(new FileInfo(ImagePath).Length, Is.EqualTo(1 << 30), "the file that was there is left alone");
        Assert.That(() => FileDisk.Create(ImagePath + "2", 1000), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => FileDisk.Create(ImagePath + "2", 8192, new FileDiskOptions { LengthBytes = 16384 }),
            Throws.ArgumentException);
        Assert.That(File.Exists(ImagePath + "2"), Is.False);
    }

    [Test]
    public void A_file_grows_with_its_disk_and_is_not_cut_with_it()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        using FileDisk disk = FileDisk.Open(ImagePath);
        disk.Resize(65536);
        Assert.That(new FileInfo(ImagePath).Length, Is.EqualTo(65536));
        disk.Resize(512);
        Assert.That(disk.LengthBytes, Is.EqualTo(512));
        Assert.That(new FileInfo(ImagePath).Length, Is.EqualTo(65536));
    }

    [Test]
    public void Edge38_A_file_system_without_direct_IO_is_told_and_the_file_let_go()
    {
        var direct = new FileDiskOptions { IsDirect = true, IsReadOnly = true };
        string path = OperatingSystem.IsLinux() ? "/proc/version" : ImagePath;
        if (!OperatingSystem.IsLinux())
            DiskUnderTest.MakeSparse(ImagePath, 8192);
        Assert.That(() => FileDisk.Open(path, direct),
            OperatingSystem.IsLinux()
                ? Throws.InstanceOf<IOException>().With.Message.Contains("direct I/O")
                : Throws.InstanceOf<PlatformNotSupportedException>());
    }

    [Test]
    public void Edge38_A_file_that_is_replaced_or_removed_is_still_the_disks()
    {
        DiskUnderTest.MakeSparse(ImagePath, 8192);
        using FileDisk disk = FileDisk.Open(ImagePath);
        using var ram = new GuestRam(512);
        using var request = new TestRequest();
        File.Delete(ImagePath);
        File.WriteAllBytes(ImagePath, new byte[100]);
        ram.Fill(0x5A);
        Assert.That(request.Set(DiskOperation.Write, 4096, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 4096, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0x5A), Is.EqualTo(-1));
        Assert.That(new FileInfo(ImagePath).Length, Is.EqualTo(100));
    }

    [TestCase(DiskOperation.Discard)]
    [TestCase(DiskOperation.WriteZeroes)]
    public void Edge38_Zeroes_beyond_the_end_of_a_file_that_was_cut_read_as_zeroes(DiskOperation operation)
    {
        DiskUnderTest.MakeSparse(ImagePath, 65536);
        SafeFileHandle handle = OpenShared();
        FileChannel file = OperatingSystem.IsLinux() ? new LinuxFileChannel(handle) : new RandomAccessFileChannel(handle);
        using var disk = new FileDisk(file, 65536, 512, isReadOnly: false);
        file.SetLength(8192);
        using var ram = new GuestRam(8192);
        using var request = new TestRequest();
        request.Set(operation, 4096, 8192).MayDeallocate = true;
        DiskStatus status = request.RunOn(disk);
        if (operation == DiskOperation.Discard && status == DiskStatus.NotSupported)
            return; // a file system without holes
        Assert.That(status, Is.EqualTo(DiskStatus.Success));
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 4096, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }
}
