using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;
using static NvmeDoorbell.Tests.Drivers.Erasing;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>LBA formats, Format NVM, and namespaces of another length.</summary>
public sealed class FormatTests
{
    private const uint Format512 = 0;
    private const uint Format4096 = 1;

    [Test]
    public void Formatting_changes_the_block_and_leaves_zeroes()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ulong page = Filled(driver, 0x5A);
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, page), Is.EqualTo(StatusCode.Success));
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.WriteUncorrectable, nsid, 4, 1, 0), Is.EqualTo(StatusCode.Success));

        Assert.That(Format(driver, nsid, Format4096), Is.EqualTo(StatusCode.Success));

        var space = new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, nsid));
        Assert.That(space.FormattedLbaSize, Is.EqualTo(Format4096));
        Assert.That(space.SizeBlocks, Is.EqualTo(1024));
        Assert.That(space.FormatProgress, Is.EqualTo(0x80), "supported; nothing is left");
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 0, 1, page), Is.EqualTo(StatusCode.Success));
        Assert.That(driver.ReadRam(page, 4096), Is.All.Zero);
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 1024, 1, page).WithoutFlags(),
            Is.EqualTo(StatusCode.LbaOutOfRange));
        Assert.That(Format(driver, nsid, Format512), Is.EqualTo(StatusCode.Success));
        Assert.That(
            new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, nsid)).SizeBlocks, Is.EqualTo(8192));
    }

    [TestCase(2u, 0u, StatusCode.InvalidFormat, TestName = "{m}(no such format)")]
    [TestCase(0u, 0u, StatusCode.InvalidFormat, TestName = "{m}(a block smaller than the disk's)")]
    [TestCase(1u, 1u << 5, StatusCode.InvalidFormat, TestName = "{m}(protection information)")]
    [TestCase(1u, 2u << 9, StatusCode.InvalidField, TestName = "{m}(cryptographic erase)")]
    [TestCase(1u, 7u << 9, StatusCode.InvalidField, TestName = "{m}(reserved erase)")]
    [TestCase(1u, 1u << 9, StatusCode.Success, TestName = "{m}(user data erase)")]
    public void Format_knows_its_fields(uint format, uint options, StatusCode expected)
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk(blockBytes: 4096);
        machine.Driver.Enable();
        Assert.That(Format(machine.Driver, nsid, format | options), Is.EqualTo(expected));
    }

    [Test]
    public void Format_refuses_what_cannot_be_formatted()
    {
        using var machine = new TestMachine();
        machine.AddDisk(new ManualDisk { IsReadOnly = true });
        machine.Driver.Enable();
        Assert.That(Format(machine.Driver, 1, Format512), Is.EqualTo(StatusCode.NamespaceWriteProtected));
        Assert.That(Format(machine.Driver, 2, Format512), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Format(machine.Driver, 0, Format512), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
    }

    [Test]
    public void All_namespaces_of_the_controller_are_formatted_at_once()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk();
        machine.AddRamDisk();
        machine.Driver.Enable();
        Assert.That(Format(machine.Driver, NamespaceIds.All, Format4096), Is.EqualTo(StatusCode.Success));
        foreach (uint nsid in (uint[])[1, 2])
        {
            Assert.That(
                new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, nsid)).FormattedLbaSize,
                Is.EqualTo(Format4096));
        }
    }

    [Test]
    public void Commands_under_way_end_before_the_disk_is_erased_and_new_ones_wait_outside()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        ControllerDriver driver = machine.Driver(0);
        DriverQueuePair other = machine.Driver(1).CreateQueuePair(1);
        SubmissionEntry read = ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 1, machine.Driver(1).AllocatePages(1));
        ushort first = other.Submit(read);
        Wait.Until(() => disk.Waiting.Count == 1, "the read to be under way");

        ushort format = driver.Admin.Submit(FormatEntry(nsid, Format512));
        Wait.Until(
            () => new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, nsid)).FormatProgress == (0x80 | 100),
            "the format to have begun");
        Assert.That(other.Execute(read).Status.WithoutFlags(), Is.EqualTo(StatusCode.FormatInProgress));
        Assert.That(driver.Execute(FormatEntry(nsid, Format512)).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.FormatInProgress));
        Assert.That(driver.Admin.HasCompleted(format), Is.False);
        Assert.That(disk.Seen, Has.Count.EqualTo(1), "nothing is erased yet");
        disk.CompleteOne();
        Assert.That(other.WaitFor(first).Status, Is.EqualTo(StatusCode.Success));
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Assert.That(
            new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, nsid)).FormatProgress,
            Is.EqualTo(0x80 | 100));
        driver.Disable(); // a reset is not kept waiting
        driver.Enable();
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "the flush");
        disk.CompleteOne();
        disk.Answer = DiskStatus.Success;
        Wait.Until(() => other.Execute(read).Status == StatusCode.Success, "the namespace to be back");
        Assert.That(
            disk.Seen.Take(3).Select(each => each.Operation),
            Is.EqualTo(new[] { DiskOperation.Read, DiskOperation.WriteZeroes, DiskOperation.Flush }));
    }

    [Test]
    public void A_disk_that_cannot_write_zeroes_is_overwritten_with_them()
    {
        using var machine = new TestMachine();
        var disk = new PlainDisk(3 << 20);
        machine.AddDisk(disk);
        machine.Driver.Enable();
        disk.Bytes.AsSpan().Fill(7);
        Assert.That(Format(machine.Driver, 1, Format512), Is.EqualTo(StatusCode.Success));
        Assert.That(disk.Bytes, Is.All.Zero);
    }

    [Test]
    public void A_format_that_fails_says_so_and_leaves_the_old_format()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddDisk(new ManualDisk { Answer = DiskStatus.WriteFault });
        machine.Driver.Enable();
        Assert.That(Format(machine.Driver, nsid, Format4096), Is.EqualTo(StatusCode.WriteFault));
        Assert.That(
            new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, nsid)).FormattedLbaSize, Is.Zero);
    }

    [Test]
    public void Formatting_needs_the_right_to_write()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        var holder = new ReservationDriver(machine.Driver(0), nsid, 0xA);
        holder.Register(1);
        holder.Acquire(ReservationType.WriteExclusive, 1);
        Assert.That(Format(machine.Driver(1), nsid, Format512), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(Format(machine.Driver(0), nsid, Format512), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Edge37_A_namespace_can_be_removed_while_it_is_formatted()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        uint nsid = machine.AddDisk(disk);
        machine.Driver.Enable();
        ushort format = machine.Driver.Admin.Submit(FormatEntry(nsid, Format512));
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Task<bool> removal = Task.Run(() => machine.Controller.RemoveNamespace(nsid));
        Wait.Until(
            () => new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, nsid)).SizeBlocks == 0,
            "it to be gone");
        Assert.That(removal.IsCompleted, Is.False, "the disk is in use");
        disk.CompleteOne();
        Assert.That(removal.Result, Is.True);
        Assert.That(machine.Driver.Admin.WaitFor(format).Status.WithoutFlags(), Is.EqualTo(StatusCode.InternalError));
        Assert.That(disk.Seen, Has.Count.EqualTo(1), "nothing more was asked of it");
    }

    [Test]
    public void A_namespace_is_added_with_the_block_that_a_format_once_chose()
    {
        using var machine = new SharedMachine();
        using var disk = new RamDisk(1 << 20);
        using var coarse = new RamDisk(1 << 20, 4096);
        uint nsid = machine.Subsystem.AddNamespace(0, disk, blockBytes: 4096);
        machine.Subsystem.AttachNamespace(nsid, machine.Controller(0));
        Assert.That(
            new IdentifyNamespaceData(machine.Driver(0).Identify(IdentifyCns.Namespace, nsid)).SizeBlocks,
            Is.EqualTo(256));
        foreach (int block in (int[])[-1, 1, 1024, 8192])
            Assert.Throws<ArgumentOutOfRangeException>(() => machine.Subsystem.AddNamespace(0, disk, blockBytes: block));
        Assert.Throws<ArgumentOutOfRangeException>(() => machine.Subsystem.AddNamespace(0, coarse, blockBytes: 512));
    }

    [Test]
    public void Edge37_A_disk_that_grows_and_shrinks_is_seen_by_every_host()
    {
        using var machine = new SharedMachine();
        using var disk = new RamDisk(1 << 20, maxLengthBytes: 2 << 20);
        uint nsid = machine.Share(disk);
        DriverQueuePair[] pairs = [machine.Driver(0).CreateQueuePair(1), machine.Driver(1).CreateQueuePair(1)];
        ulong page = machine.Driver(0).AllocatePages(1);
        Events.ReadLogPage(machine.Driver(1), LogPageId.ChangedNamespaces, 4096);
        Assert.That(machine.Driver(1).Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Cdw10 = (uint)FeatureId.AsynchronousEventConfiguration,
            Cdw11 = (uint)AsynchronousEventConfiguration.NamespaceAttribute,
        }).Status, Is.EqualTo(StatusCode.Success));
        ushort waiting = machine.Driver(1).Admin.Submit(Events.Request);
        Assert.That(Read(pairs[0], 2048), Is.EqualTo(StatusCode.LbaOutOfRange));

        machine.Subsystem.ResizeNamespace(nsid, 2 << 20);

        Assert.That(Read(pairs[0], 4095), Is.EqualTo(StatusCode.Success));
        Assert.That(Read(pairs[1], 4095), Is.EqualTo(StatusCode.Success));
        Assert.That(
            AsynchronousEvent.FromDword0(machine.Driver(1).Admin.WaitFor(waiting).Result),
            Is.EqualTo(AsynchronousEvent.NamespaceAttributeChanged));
        Assert.That(
            BitConverter.ToUInt32(Events.ReadLogPage(machine.Driver(1), LogPageId.ChangedNamespaces, 4096)),
            Is.EqualTo(nsid));

        disk.Resize(1 << 19); // by itself

        Assert.That(Read(pairs[1], 1023), Is.EqualTo(StatusCode.Success));
        Assert.That(Read(pairs[1], 1024), Is.EqualTo(StatusCode.LbaOutOfRange));
        Assert.That(
            new IdentifyNamespaceData(machine.Driver(0).Identify(IdentifyCns.Namespace, nsid)).SizeBlocks,
            Is.EqualTo(1024));
        Assert.Throws<ArgumentException>(() => machine.Subsystem.ResizeNamespace(99, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => machine.Subsystem.ResizeNamespace(nsid, 4 << 20));
        Assert.Throws<NotSupportedException>(
            () => machine.Subsystem.ResizeNamespace(machine.Share(new ManualDisk()), 4096));
        machine.Subsystem.RemoveNamespace(nsid);
        disk.Resize(1 << 20); // nobody is left to be told

        StatusCode Read(DriverQueuePair pair, ulong lba) =>
            ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, lba, 1, page).WithoutFlags();
    }

    [Test]
    public void Edge37_A_command_under_way_keeps_the_bounds_that_it_had()
    {
        using var machine = new TestMachine();
        var disk = new FaultyDisk(new RamDisk(1 << 20, maxLengthBytes: 2 << 20), new DiskFaultPlan { Never = 1 });
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = Filled(machine.Driver, 0x5A);
        ushort inside = Submit(IoOpcode.Write, 1023);
        ushort beyond = Submit(IoOpcode.Write, 2047);
        Wait.Until(() => disk.GetStatistics().Held == 2, "the disk to have both");

        disk.Resize(1 << 19);
        ushort late = Submit(IoOpcode.Write, 1024);
        Assert.That(pair.WaitFor(late).Status.WithoutFlags(), Is.EqualTo(StatusCode.LbaOutOfRange));
        disk.Release();

        Assert.That(pair.WaitFor(inside).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pair.WaitFor(beyond).Status.WithoutFlags(), Is.EqualTo(StatusCode.InternalError), "its block has gone");
        ushort small = Submit(IoOpcode.Write, 1022);
        Wait.Until(() => disk.GetStatistics().Held == 1, "the disk to have it");
        disk.Resize(2 << 20);
        ushort grown = Submit(IoOpcode.Write, 4095);
        Wait.Until(() => disk.GetStatistics().Held == 2, "the disk to have a block that is new");
        disk.Release();
        Assert.That(pair.WaitFor(small).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pair.WaitFor(grown).Status, Is.EqualTo(StatusCode.Success));
        disk.Plan = new DiskFaultPlan();
        ulong found = machine.Driver.AllocatePages(1);
        ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 1023, 1, found);
        Assert.That(machine.Driver.ReadRam(found, 512), Is.All.EqualTo(0x5A), "what was written while it was resized");

        ushort Submit(IoOpcode opcode, ulong lba) => pair.Submit(ControllerDriver.BlockEntry(opcode, 1, lba, 1, page));
    }

    [Test]
    public void The_formats_that_all_namespaces_have_are_told_without_one()
    {
        using var pool = new RamDiskPool(1 << 20);
        using var machine = new SharedMachine(1, new NvmeSubsystemOptions { Pool = pool });
        var common = new IdentifyNamespaceData(machine.Driver(0).Identify(IdentifyCns.Namespace, NamespaceIds.All));
        Assert.That(common.NumberOfLbaFormats, Is.EqualTo(1));
        Assert.That(common.GetLbaFormat(0).DataSize, Is.EqualTo(9));
        Assert.That(common.GetLbaFormat(1).DataSize, Is.EqualTo(12));
        Assert.That(common.SizeBlocks, Is.Zero);
    }

    private static ulong Filled(ControllerDriver driver, byte value)
    {
        ulong page = driver.AllocatePages(1);
        var bytes = new byte[4096];
        Array.Fill(bytes, value);
        driver.Memory.TryWrite(page, bytes);
        return page;
    }
}
