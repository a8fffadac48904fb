using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;
using static NvmeDoorbell.Tests.Drivers.Erasing;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Format and Sanitize beside other commands, other hosts, and disks that fail.</summary>
public sealed class ErasureTests
{
    private const uint BlockErase = 2;
    private const uint Overwrite = 3;
    private const uint NoDeallocate = 1 << 9;
    private const uint Format4096 = 1;

    [Test]
    public void Sanitize_waits_for_commands_under_way()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        DriverQueuePair pair = machine.Driver(1).CreateQueuePair(1);
        ushort read = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 1, machine.Driver(1).AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the read to be under way");

        Assert.That(Sanitize(machine.Driver(0), BlockErase), Is.EqualTo(StatusCode.Success), "it has begun");
        Assert.That(SanitizeState(machine.Driver(0)) & 7, Is.EqualTo(2), "in progress");
        Assert.That(SanitizeLog(machine.Driver(0))[..2], Is.EqualTo(new byte[] { 0, 0 }), "SPROG");
        Assert.That(disk.Seen, Has.Count.EqualTo(1), "nothing is erased yet");
        disk.CompleteOne();
        Assert.That(pair.WaitFor(read).Status, Is.EqualTo(StatusCode.Success));
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "the flush");
        disk.CompleteOne();
        Wait.Until(() => (SanitizeState(machine.Driver(0)) & 7) == 1, "the end");
    }

    [Test]
    public void Sanitize_is_refused_where_a_namespace_may_not_be_erased()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        ControllerDriver driver = machine.Driver(0);
        ushort format = driver.Admin.Submit(FormatEntry(nsid, 0));
        Wait.Until(() => disk.Waiting.Count == 1, "the format to have begun");
        Assert.That(Sanitize(driver, BlockErase), Is.EqualTo(StatusCode.FormatInProgress));
        disk.Answer = DiskStatus.Success;
        disk.CompleteAll();
        Assert.That(driver.Admin.WaitFor(format).Status, Is.EqualTo(StatusCode.Success));

        var holder = new ReservationDriver(machine.Driver(1), nsid, 0xB);
        holder.Register(1);
        holder.Acquire(ReservationType.WriteExclusive, 1);
        Assert.That(Sanitize(driver, BlockErase), Is.EqualTo(StatusCode.ReservationConflict));
        holder.Clear(1);

        using var fixedDisk = new ManualDisk { IsReadOnly = true };
        uint other = machine.Subsystem.AddNamespace(0, fixedDisk); // attached to nobody
        Assert.That(Sanitize(driver, BlockErase), Is.EqualTo(StatusCode.NamespaceWriteProtected));
        Assert.That(SanitizeState(driver) & 7, Is.Zero, "never sanitized");
        machine.Subsystem.RemoveNamespace(other);
        Assert.That(Sanitize(driver, BlockErase), Is.EqualTo(StatusCode.Success));
    }

    [TestCase(BlockErase, true, 1)]
    [TestCase(BlockErase | NoDeallocate, false, 4)]
    public void Blocks_are_deallocated_unless_the_host_forbids_it(uint options, bool mayDeallocate, int state)
    {
        using var machine = new TestMachine();
        var disk = new ZeroingDisk();
        machine.AddDisk(disk);
        machine.Driver.Enable();
        Assert.That(Sanitize(machine.Driver, options), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) is 1 or 4, "the end");
        Assert.That(SanitizeState(machine.Driver) & 7, Is.EqualTo(state));
        Assert.That(disk.MayDeallocate, Is.EqualTo(mayDeallocate));
    }

    [Test]
    public void A_count_of_no_passes_means_sixteen()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk();
        machine.Driver.Enable();
        Assert.That(Sanitize(machine.Driver, Overwrite, 0xA1B2C3D4), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 1, "the end");
        Assert.That(SanitizeState(machine.Driver) >> 3 & 0x1F, Is.EqualTo(16), "passes");
    }

    [Test]
    public void A_namespace_that_is_removed_while_it_is_sanitized_does_not_fail_it()
    {
        using var machine = new SharedMachine(guests: 1);
        using var first = new ManualDisk();
        using var second = new ManualDisk { Answer = DiskStatus.WriteFault };
        var last = new PlainDisk(1 << 20);
        last.Bytes.AsSpan().Fill(1);
        uint removed = machine.Subsystem.AddNamespace(1, first);
        uint waiting = machine.Subsystem.AddNamespace(2, second);
        machine.Share(last, 3);
        Assert.That(Sanitize(machine.Driver(0), BlockErase), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => first.Waiting.Count == 1, "the first piece");
        machine.Subsystem.RemoveNamespace(waiting);
        Task removal = Task.Run(() => machine.Subsystem.RemoveNamespace(removed)); // it waits for the piece
        Wait.Until(
            () => BitConverter.ToUInt32(machine.Driver(0).Identify(IdentifyCns.AllocatedNamespaceList)) == 3, "its going");
        first.CompleteAll(DiskStatus.WriteFault);
        removal.Wait();

        Wait.Until(() => (SanitizeState(machine.Driver(0)) & 7) == 1, "the end");
        Assert.That(second.Seen, Is.Empty, "what has been removed is the embedder's");
        Assert.That(last.Bytes, Is.All.Zero);
    }

    [TestCase(true, TestName = "{m}(Sanitize)")]
    [TestCase(false, TestName = "{m}(Format)")]
    public void What_was_marked_bad_is_readable_when_it_has_been_erased(bool sanitizes)
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        machine.Driver.Enable();
        var host = new ReservationDriver(machine.Driver, nsid);
        Assert.That(host.Access(IoOpcode.WriteUncorrectable), Is.EqualTo(StatusCode.Success));
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.UnrecoveredReadError));

        Assert.That(
            sanitizes
                ? Sanitize(machine.Driver, BlockErase)
                : machine.Driver.Execute(FormatEntry(nsid, 0)).Status,
            Is.EqualTo(StatusCode.Success));

        if (sanitizes)
            Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 1, "the end");
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_format_of_all_says_what_one_has_failed_with()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk();
        machine.AddDisk(new ManualDisk { Answer = DiskStatus.Full });
        machine.AddRamDisk();
        machine.Driver.Enable();
        Assert.That(
            machine.Driver.Execute(FormatEntry(NamespaceIds.All, Format4096)).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.CapacityExceeded));
        Assert.That(
            new uint[] { 1, 2, 3 }.Select(nsid => new IdentifyNamespaceData(
                machine.Driver.Identify(IdentifyCns.Namespace, nsid)).FormattedLbaSize),
            Is.EqualTo(new byte[] { 1, 0, 1 }));
    }

    [Test]
    public void A_format_is_of_what_is_attached()
    {
        using var machine = new SharedMachine();
        using var disk = new ManualDisk { Answer = DiskStatus.Success };
        uint nsid = machine.Subsystem.AddNamespace(0, disk);
        machine.Subsystem.AttachNamespace(nsid, machine.Controller(1));
        Assert.That(
            machine.Driver(0).Execute(FormatEntry(nsid, 0)).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(
            machine.Driver(0).Execute(FormatEntry(NamespaceIds.All, 0)).Status, Is.EqualTo(StatusCode.Success), "none");
        Assert.That(disk.Seen, Is.Empty);
    }

    [TestCase(0x10u)]
    [TestCase(0x30u)]
    public void A_format_with_the_upper_bits_of_its_index_is_none_that_there_is(uint upper)
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        machine.Driver.Enable();
        Assert.That(
            machine.Driver.Execute(FormatEntry(nsid, upper << 8)).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidFormat));
    }

    [Test]
    public void Other_hosts_are_told_of_a_format()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        Events.ReadLogPage(machine.Driver(1), LogPageId.ChangedNamespaces, 4096);
        machine.Driver(1).Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Cdw10 = (uint)FeatureId.AsynchronousEventConfiguration,
            Cdw11 = (uint)AsynchronousEventConfiguration.NamespaceAttribute,
        });
        ushort waiting = machine.Driver(1).Admin.Submit(Events.Request);
        Assert.That(machine.Driver(0).Execute(FormatEntry(nsid, Format4096)).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            AsynchronousEvent.FromDword0(machine.Driver(1).Admin.WaitFor(waiting).Result),
            Is.EqualTo(AsynchronousEvent.NamespaceAttributeChanged));
        Assert.That(
            BitConverter.ToUInt32(Events.ReadLogPage(machine.Driver(1), LogPageId.ChangedNamespaces, 4096)),
            Is.EqualTo(nsid));
    }

    // Writes zeroes, and remembers whether it might have deallocated.
    private sealed class ZeroingDisk : IDisk
    {
        public bool? MayDeallocate { get; private set; }

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        public DiskStatus Submit(DiskRequest request)
        {
            if (request.Operation == DiskOperation.WriteZeroes)
                MayDeallocate = request.MayDeallocate;
            return DiskStatus.Success;
        }

        public void Dispose()
        {
        }
    }
}
