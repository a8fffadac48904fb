using System.Runtime.InteropServices;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What an embedder may do, and what becomes of what it may not.</summary>
internal sealed class EmbedderTests
{
    [Test]
    public void A_controller_on_lent_reactors_that_nobody_runs_is_reset_and_disposed_by_its_caller()
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0, TestMachine.RamBytes);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        using var disk = new RamDisk(1 << 20, 512);
        var function = new PciFunction(new NvmeControllerOptions { Memory = memory, Reactors = [reactor] });
        uint nsid = function.Controller.AddNamespace(0, disk);
        var runner = new Thread(() => reactor.Run(Timeout.InfiniteTimeSpan));
        runner.Start();
        var driver = new ControllerDriver(function, memory);
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, 0x20_0000), Is.EqualTo(StatusCode.Success));
        reactor.Stop();
        runner.Join();

        Assert.That(function.Controller.RemoveNamespace(nsid), Is.True);
        function.Reset();
        Assert.That(driver.Status.Value, Is.Zero);
        function.Dispose();

        Assert.That(reactor.TaskCount, Is.Zero);
    }

    [Test]
    public void Calls_that_wait_are_refused_on_a_reactors_own_thread()
    {
        using var machine = new TestMachine();
        var thrown = new InvalidOperationException?[3];
        bool isDone = false;
        machine.Controller.Options.Reactors[0].Post(() =>
        {
            thrown[0] = Catch(machine.Controller.Reset);
            thrown[1] = Catch(() => machine.Controller.RemoveNamespace(1));
            thrown[2] = Catch(machine.Controller.Dispose);
            Volatile.Write(ref isDone, true);
        });
        Wait.Until(() => Volatile.Read(ref isDone), "the calls on the reactor");

        Assert.That(thrown, Is.All.InstanceOf<InvalidOperationException>());
        machine.Driver.Enable();
    }

    [Test]
    public void After_Dispose_accesses_are_harmless_and_a_second_Dispose_does_nothing()
    {
        var machine = new TestMachine();
        machine.AddRamDisk();
        machine.Driver.Enable();
        machine.Driver.CreateQueuePair(1);
        machine.Function.Dispose();

        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);
        machine.Driver.Write32(RegisterOffset.Doorbells, 1);
        Assert.That(machine.Driver.Status.Ready, Is.False);
        Assert.That(machine.Driver.Read32(RegisterOffset.Version), Is.EqualTo(NvmeVersion.V20));
        Assert.That(() => machine.AddRamDisk(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(machine.Controller.RemoveNamespace(1), Is.True);
        machine.Dispose();
    }

    [Test]
    public void Edge42_Many_controllers_come_and_go_in_one_process()
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0, TestMachine.RamBytes);
        using var reactor = new Reactor(new ReactorOptions());
        for (int round = 0; round < 10; round++)
        {
            PciFunction[] functions = [.. Enumerable.Range(0, 10).Select(_ => new PciFunction(
                new NvmeControllerOptions { Memory = memory, Reactors = [reactor], MaxQueuePairs = 2 }))];
            foreach (PciFunction function in functions)
                new ControllerDriver(function, memory).Enable();
            Array.ForEach(functions, function => function.Dispose());
        }
        Assert.That(reactor.TaskCount, Is.Zero);
    }

    [TestCase(0, 1024, 0, 0, 1u << 20)]
    [TestCase(65536, 1024, 0, 0, 1u << 20)]
    [TestCase(1, 1, 0, 0, 1u << 20)]
    [TestCase(1, 65537, 0, 0, 1u << 20)]
    [TestCase(1, 2, 2049, 0, 1u << 20)]
    [TestCase(1, 2, -1, 0, 1u << 20)]
    [TestCase(1, 2, 1, 9, 1u << 20)]
    [TestCase(1, 2, 1, 0, 5000u)]
    [TestCase(1, 2, 1, 0, 2048u)]
    [TestCase(1, 2, 1, 0, 1u << 25)]
    public void Options_out_of_range_are_refused(int pairs, int entries, int vectors, int stride, uint maxTransfer)
    {
        using var memory = new GuestMemory();
        using var reactor = new Reactor(new ReactorOptions());
        var options = new NvmeControllerOptions
        {
            Memory = memory,
            Reactors = [reactor],
            MaxQueuePairs = pairs,
            MaxQueueEntries = entries,
            Vectors = vectors,
            StrideExponent = stride,
            MaxTransferBytes = maxTransfer,
        };

        Assert.That(() => new NvmeController(options), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new PciFunction(options), Throws.InstanceOf<ArgumentException>());
        Assert.That(reactor.TaskCount, Is.Zero);
    }

    [Test]
    public void Texts_that_do_not_fit_are_refused()
    {
        Assert.That(
            () => new TestMachine(options => options with { Serial = new string('S', 21) }),
            Throws.InstanceOf<ArgumentException>());
        Assert.That(
            () => new TestMachine(options => options with { Model = "näme" }), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void The_largest_controller_can_be_made_and_its_last_queue_used()
    {
        using var machine = new TestMachine(options => options with { MaxQueuePairs = 65535, MaxQueueEntries = 65536 });
        uint nsid = machine.AddRamDisk();
        machine.Driver.Enable();

        DriverQueuePair pair = machine.Driver.CreateQueuePair(65535);

        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, 0x20_0000), Is.EqualTo(StatusCode.Success));
        Assert.That(machine.Function.Vectors, Is.EqualTo(2048));
    }

    [Test]
    public void Mapped_doorbells_are_rung_by_plain_stores_and_shadow_ones_are_not_offered_beside_them()
    {
        using var machine = new TestMachine(options => options with { MappedDoorbells = true });
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        for (int round = 0; round < 100; round++)
        {
            ushort commandId = pair.Put(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, 0x20_0000));
            Marshal.WriteInt32(
                machine.Controller.DoorbellPage, (int)(pair.TailDoorbell - RegisterOffset.Doorbells), pair.Tail);
            Assert.That(pair.WaitFor(commandId).Status, Is.EqualTo(StatusCode.Success));
        }
        Assert.That(
            new ShadowPages(driver).Configure().WithoutFlags(), Is.EqualTo(StatusCode.InvalidOpcode));
    }

    [Test]
    public void With_the_write_cache_disabled_every_write_is_durable()
    {
        using var machine = new TestMachine();
        var disk = new FuaDisk();
        uint nsid = machine.AddDisk(disk);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        var disable = new SubmissionEntry { Opcode = (byte)AdminOpcode.SetFeatures, Cdw10 = (uint)FeatureId.VolatileWriteCache };

        ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, 0x20_0000);
        Assert.That(disk.WasForced, Is.False);
        driver.Execute(disable);
        ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, 0x20_0000);
        Assert.That(disk.WasForced, Is.True);
        driver.Execute(disable with { Cdw11 = 1 });
        ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, 0x20_0000);
        Assert.That(disk.WasForced, Is.False);
    }

    private static InvalidOperationException? Catch(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    private sealed class FuaDisk : IDisk
    {
        private bool _wasForced;

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        public bool WasForced => Volatile.Read(ref _wasForced);

        public DiskStatus Submit(DiskRequest request)
        {
            Volatile.Write(ref _wasForced, request.ForceUnitAccess);
            return DiskStatus.Success;
        }

        public void Dispose()
        {
        }
    }
}
