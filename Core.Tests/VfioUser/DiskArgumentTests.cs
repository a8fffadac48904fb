using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.CommandLine;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>Disks as the command line of the server names them.</summary>
public sealed class DiskArgumentTests
{
    [Test]
    public void A_file_has_options_behind_it()
    {
        DiskArgument disk = DiskArgument.Parse(DiskKind.File, "a,b.img,ro,block=4096,direct,shared,io=threads");
        Assert.That(disk.Path, Is.EqualTo("a,b.img"));
        Assert.That(disk.Options, Is.EqualTo(new FileDiskOptions
        {
            IsReadOnly = true,
            BlockBytes = 4096,
            IsDirect = true,
            IsShared = true,
            Io = FileDiskIo.Positional,
        }));
        Assert.That(DiskArgument.Parse(DiskKind.File, "direct").Path, Is.EqualTo("direct"));
        Assert.That(DiskArgument.Parse(DiskKind.File, "a,io=uring").Options.Io, Is.EqualTo(FileDiskIo.IoUring));
    }

    [Test]
    public void A_size_has_a_block_behind_it()
    {
        DiskArgument disk = DiskArgument.Parse(DiskKind.Ram, "64M,block=4096");
        Assert.That((disk.LengthBytes, disk.Options.BlockBytes), Is.EqualTo((64ul << 20, 4096)));
    }

    [TestCase("a,io=tape")]
    [TestCase("a,block=1000")]
    [TestCase("a,block=8192")]
    [TestCase("")]
    public void Edge39_What_is_no_disk_is_told(string text) =>
        Assert.That(() => DiskArgument.Parse(DiskKind.File, text), Throws.TypeOf<FormatException>());

    [TestCase("64M,direct")]
    [TestCase("64M,ro")]
    [TestCase("0")]
    [TestCase("1000")]
    public void Edge39_What_is_no_disk_in_memory_is_told(string text) =>
        Assert.That(() => DiskArgument.Parse(DiskKind.Ram, text), Throws.TypeOf<FormatException>());
}
