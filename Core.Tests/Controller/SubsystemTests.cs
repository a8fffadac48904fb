using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Several controllers of one subsystem, and what they share.</summary>
public sealed class SubsystemTests
{
    [Test]
    public void What_one_controller_writes_the_other_reads()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        ulong source = machine.Driver(0).AllocatePages(1);
        ulong target = machine.Driver(1).AllocatePages(1);
        byte[] pattern = [.. Enumerable.Range(0, 4096).Select(index => (byte)(index * 3 + 1))];
        machine.Driver(0).Memory.TryWrite(source, pattern);

        Assert.That(
            ControllerDriver.Transfer(machine.Driver(0).CreateQueuePair(1), IoOpcode.Write, nsid, 8, 8, source),
            Is.EqualTo(StatusCode.Success));
        Assert.That(
            ControllerDriver.Transfer(machine.Driver(1).CreateQueuePair(1), IoOpcode.Read, nsid, 8, 8, target),
            Is.EqualTo(StatusCode.Success));

        Assert.That(machine.Driver(1).ReadRam(target, 4096), Is.EqualTo(pattern));
    }

    [Test]
    public void Controllers_say_that_they_are_of_one_subsystem()
    {
        using var machine = new SharedMachine(options: new NvmeSubsystemOptions { Serial = "SUB1", Model = "M" });
        var first = new IdentifyControllerData(machine.Driver(0).Identify(IdentifyCns.Controller));
        var second = new IdentifyControllerData(machine.Driver(1).Identify(IdentifyCns.Controller));

        Assert.That(first.ControllerId, Is.EqualTo(1));
        Assert.That(second.ControllerId, Is.EqualTo(2));
        Assert.That(second.SerialNumber, Is.EqualTo("SUB1"));
        Assert.That(second.ModelNumber, Is.EqualTo("M"));
        Assert.That(first.SubsystemQualifiedName, Is.EqualTo(second.SubsystemQualifiedName).And.EndsWith(":SUB1"));
        Assert.That(first.MultiPathCapabilities, Is.EqualTo(2));
    }

    [Test]
    public void A_controller_of_its_own_subsystem_says_that_it_is_alone()
    {
        using var machine = new TestMachine(options => options with { Serial = "ALONE" });
        machine.AddRamDisk();
        machine.Driver.Enable();
        var controller = new IdentifyControllerData(machine.Driver.Identify(IdentifyCns.Controller));
        var space = new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, 1));

        Assert.That(controller.MultiPathCapabilities, Is.Zero);
        Assert.That(controller.SerialNumber, Is.EqualTo("ALONE"));
        Assert.That(space.SharingCapabilities, Is.Zero);
        Assert.That(machine.Controller.Subsystem.Controllers, Is.EqualTo(new[] { machine.Controller }));
    }

    [Test]
    public void Identify_tells_allocated_from_attached_namespaces_and_who_has_them()
    {
        using var machine = new SharedMachine(guests: 3);
        uint shared = machine.ShareRamDisk();
        using var disk = new RamDisk(1 << 20);
        uint lonely = machine.Subsystem.AddNamespace(7, disk, isShared: false);
        machine.Subsystem.AttachNamespace(lonely, machine.Controller(2));
        ControllerDriver driver = machine.Driver(0);

        Assert.That(Ids32(driver.Identify(IdentifyCns.ActiveNamespaceList)), Is.EqualTo(new[] { shared }));
        Assert.That(Ids32(driver.Identify(IdentifyCns.AllocatedNamespaceList)), Is.EqualTo(new[] { shared, lonely }));
        Assert.That(Ids32(driver.Identify(IdentifyCns.AllocatedNamespaceList, shared)), Is.EqualTo(new[] { lonely }));
        Assert.That(
            new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, lonely)).SizeBlocks, Is.Zero, "inactive");
        Assert.That(
            new IdentifyNamespaceData(driver.Identify(IdentifyCns.AllocatedNamespace, lonely)).SizeBlocks,
            Is.EqualTo(2048));
        Assert.That(
            new IdentifyNamespaceData(driver.Identify(IdentifyCns.Namespace, shared)).SharingCapabilities,
            Is.EqualTo(1));
        Assert.That(Ids16(driver.Identify(IdentifyCns.AttachedControllerList, lonely)), Is.EqualTo(new[] { 3 }));
        Assert.That(Ids16(driver.Identify(IdentifyCns.AttachedControllerList, shared)), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(Ids16(driver.Identify(IdentifyCns.ControllerList)), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void A_namespace_is_the_same_to_every_controller()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        Assert.That(
            machine.Driver(1).Identify(IdentifyCns.NamespaceDescriptorList, nsid),
            Is.EqualTo(machine.Driver(0).Identify(IdentifyCns.NamespaceDescriptorList, nsid)));
    }

    [Test]
    public void Edge37_A_namespace_comes_and_goes_for_one_controller_and_stays_for_the_other()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        DriverQueuePair first = machine.Driver(0).CreateQueuePair(1);
        DriverQueuePair second = machine.Driver(1).CreateQueuePair(1);
        ulong page = machine.Driver(0).AllocatePages(1);

        Assert.That(machine.Subsystem.DetachNamespace(nsid, machine.Controller(0)), Is.True);
        Assert.That(machine.Subsystem.DetachNamespace(nsid, machine.Controller(0)), Is.False);
        Assert.That(
            ControllerDriver.Transfer(first, IoOpcode.Read, nsid, 0, 1, page).WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(
            ControllerDriver.Transfer(second, IoOpcode.Read, nsid, 0, 1, page), Is.EqualTo(StatusCode.Success));

        machine.Subsystem.AttachNamespace(nsid, machine.Controller(0));
        Assert.That(ControllerDriver.Transfer(first, IoOpcode.Read, nsid, 0, 1, page), Is.EqualTo(StatusCode.Success));
        Assert.That(Ids32(Events.ReadLogPage(machine.Driver(0), LogPageId.ChangedNamespaces, 4096)),
            Is.EqualTo(new[] { nsid }));
    }

    [Test]
    public void Edge37_Removal_waits_for_the_commands_of_every_controller()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        DriverQueuePair pair = machine.Driver(1).CreateQueuePair(1);
        pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 1, machine.Driver(1).AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the disk to have the request");

        Task<bool> removal = Task.Run(() => machine.Subsystem.RemoveNamespace(nsid));
        Wait.Until(
            () => !Ids32(machine.Driver(1).Identify(IdentifyCns.ActiveNamespaceList)).Contains(nsid), "it to be gone");
        // Its admin task has run since, and has had the question before it.
        Assert.That(machine.Driver(1).Identify(IdentifyCns.Controller), Is.Not.Empty);
        Assert.That(removal.IsCompleted, Is.False);
        disk.CompleteAll();
        Assert.That(removal.Result, Is.True);
        Assert.That(machine.Subsystem.RemoveNamespace(nsid), Is.False);
    }

    [Test]
    public void A_controller_that_ends_leaves_its_identifier_and_its_namespaces()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        machine.Guests[0].Dispose();

        Assert.That(machine.Subsystem.Controllers, Is.EqualTo(new[] { machine.Controller(1) }));
        Assert.That(Ids16(machine.Driver(1).Identify(IdentifyCns.AttachedControllerList, nsid)), Is.EqualTo(new[] { 2 }));
        using var next = new TestMachine(options => options with { Subsystem = machine.Subsystem });
        Assert.That(next.Controller.Id, Is.EqualTo(1));
    }

    [Test]
    public void A_controller_that_cannot_be_made_leaves_nothing_in_the_subsystem()
    {
        using var subsystem = new NvmeSubsystem();
        using var memory = new GuestMemory();
        var reactor = new Reactor(new ReactorOptions());
        reactor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new NvmeController(
            new NvmeControllerOptions { Memory = memory, Reactors = [reactor], Subsystem = subsystem }).Dispose());
        Assert.That(subsystem.Controllers, Is.Empty);
    }

    [Test]
    public void Embedders_mistakes_are_told()
    {
        using var machine = new SharedMachine();
        using var stranger = new TestMachine();
        using var disk = new RamDisk(1 << 20);
        NvmeSubsystem subsystem = machine.Subsystem;
        uint nsid = subsystem.AddNamespace(5, disk, isShared: false);
        subsystem.AttachNamespace(nsid, machine.Controller(0));

        Assert.Throws<InvalidOperationException>(() => subsystem.AddNamespace(5, disk));
        Assert.Throws<ArgumentOutOfRangeException>(() => subsystem.AddNamespace(1025, disk));
        Assert.Throws<InvalidOperationException>(() => subsystem.AttachNamespace(nsid, machine.Controller(0)), "twice");
        Assert.Throws<InvalidOperationException>(() => subsystem.AttachNamespace(nsid, machine.Controller(1)), "private");
        Assert.Throws<ArgumentException>(() => subsystem.AttachNamespace(6, machine.Controller(0)));
        Assert.Throws<ArgumentException>(() => subsystem.AttachNamespace(nsid, stranger.Controller));
        Assert.Throws<ArgumentException>(() => subsystem.DetachNamespace(nsid, stranger.Controller));
        Assert.Throws<InvalidOperationException>(subsystem.Dispose);
        Assert.Throws<ArgumentException>(() => new NvmeSubsystem(new NvmeSubsystemOptions { QualifiedName = "x" }));
        Assert.That(subsystem.RemoveNamespace(nsid), Is.True);
    }

    private static uint[] Ids32(byte[] list) =>
        [.. Enumerable.Range(0, list.Length / 4).Select(index => BitConverter.ToUInt32(list, index * 4))
            .TakeWhile(id => id != 0)];

    private static int[] Ids16(byte[] list) =>
        [.. Enumerable.Range(1, BitConverter.ToUInt16(list)).Select(index => (int)BitConverter.ToUInt16(list, index * 2))];
}
