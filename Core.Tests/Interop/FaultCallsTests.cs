using System.Runtime.InteropServices;
using NvmeDoorbell.Interop.Native;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Interop;

/// <summary>Faults on purpose through the calls of the C interface, with a guest that feels them.</summary>
// SAFETY: the pointers are to locals that outlive the calls.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class FaultCallsTests : IDisposable
{
    private const ulong Length = 1 << 20;

    private static ulong _controller;
    private static int _freed;

    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void Without_faults_there_are_none_to_set()
    {
        ulong controller = Controller();
        uint nsid = Add(controller, null);
        DiskFaults disk = new() { Size = Handles.SizeOf<DiskFaults>() };
        InterruptFaults interrupts = new() { Size = Handles.SizeOf<InterruptFaults>() };
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid, &disk), Is.EqualTo(Status.State));
        Assert.That(FaultCalls.ReleaseRequests(controller, nsid), Is.EqualTo(Status.State));
        Assert.That(FaultCalls.SetInterruptFaults(controller, &interrupts), Is.EqualTo(Status.State));
        Assert.That(FaultCalls.ReleaseInterrupts(controller), Is.EqualTo(Status.State));
    }

    [Test]
    public void Edge39_Faults_that_make_no_sense_are_refused()
    {
        DiskFaults disk = new() { Size = Handles.SizeOf<DiskFaults>() };
        InterruptFaults interrupts = new() { Size = Handles.SizeOf<InterruptFaults>() };
        ulong controller = Controller(&interrupts);
        uint nsid = Add(controller, &disk);
        Assert.That(FaultCalls.SetDiskFaults(0, nsid, &disk), Is.EqualTo(Status.Handle));
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid + 1, &disk), Is.EqualTo(Status.Range));
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid, null), Is.EqualTo(Status.Argument));
        Assert.That(FaultCalls.SetInterruptFaults(0, &interrupts), Is.EqualTo(Status.Handle));
        Assert.That(FaultCalls.SetInterruptFaults(controller, null), Is.EqualTo(Status.Argument));
        Assert.That(FaultCalls.GetDiskFaultStats(controller, nsid, null), Is.EqualTo(Status.Argument));
        Assert.That(FaultCalls.GetInterruptFaultStats(controller, null), Is.EqualTo(Status.Argument));
        disk.Reserved = 1;
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid, &disk), Is.EqualTo(Status.Argument));
        Assert.That(TryAdd(controller, &disk, out _), Is.EqualTo(Status.Argument));
        disk.Size = 0;
        Assert.That(TryAdd(controller, &disk, out _), Is.EqualTo(Status.Abi));
        interrupts.Size = 0;
        Assert.That(FaultCalls.SetInterruptFaults(controller, &interrupts), Is.EqualTo(Status.Abi));
        ulong reactor = _handles.Reactor();
        ControllerConfig config = new Handles.NativeControllerConfig(_handles.Memory(), &reactor).Value with { InterruptFaults = &interrupts };
        ulong handle;
        Assert.That(ControllerCalls.Create(&config, &handle), Is.EqualTo(Status.Abi));
    }

    [Test]
    public void A_namespace_fails_keeps_and_releases_as_it_is_told()
    {
        ulong controller = Controller();
        DiskFaults faults = new() { Size = Handles.SizeOf<DiskFaults>() };
        uint nsid = Add(controller, &faults);
        Guest guest = new(controller);
        DriverQueuePair pair = guest.Driver.CreateQueuePair(1);
        Assert.That(Execute(pair, IoOpcode.Write, nsid), Is.EqualTo(StatusCode.Success));

        faults.Fail = 1;
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid, &faults), Is.EqualTo(Status.Ok));
        Assert.That(Execute(pair, IoOpcode.Read, nsid), Is.EqualTo(StatusCode.UnrecoveredReadError));
        Assert.That(Execute(pair, IoOpcode.Write, nsid), Is.EqualTo(StatusCode.WriteFault));

        faults.Fail = 0;
        faults.Never = 1;
        Assert.That(FaultCalls.SetDiskFaults(controller, nsid, &faults), Is.EqualTo(Status.Ok));
        pair.Submit(Guest.Entry(IoOpcode.Read, nsid));
        Wait.Until(() => Stats(controller, nsid).Held == 1, "the request to be kept");
        Assert.That(pair.TryTake(out _), Is.False);
        Assert.That(FaultCalls.ReleaseRequests(controller, nsid), Is.EqualTo(Status.Ok));
        CompletionEntry entry = default;
        Wait.Until(() => pair.TryTake(out entry), "the completion");
        Assert.That(entry.Status, Is.EqualTo(StatusCode.Success));
        DiskFaultStats stats = Stats(controller, nsid);
        Assert.That((stats.Failed, stats.Kept, stats.Held), Is.EqualTo((2ul, 1ul, 0u)));
    }

    [Test]
    public void A_namespace_that_keeps_a_request_is_removed_when_it_has_been_released()
    {
        ulong controller = Controller();
        DiskFaults faults = new() { Size = Handles.SizeOf<DiskFaults>(), Never = 1 };
        uint nsid = Add(controller, &faults);
        Guest guest = new(controller);
        DriverQueuePair pair = guest.Driver.CreateQueuePair(1);
        pair.Submit(Guest.Entry(IoOpcode.Read, nsid));
        Wait.Until(() => Stats(controller, nsid).Held == 1, "the request to be kept");

        Assert.That(NamespaceCalls.Remove(controller, nsid), Is.EqualTo(Status.Busy));
        Assert.That(FaultCalls.ReleaseRequests(controller, nsid), Is.EqualTo(Status.Ok));
        Wait.Until(() => pair.TryTake(out _), "the completion");
        Assert.That(NamespaceCalls.Remove(controller, nsid), Is.EqualTo(Status.Ok));
        Assert.That(FaultCalls.ReleaseRequests(controller, nsid), Is.EqualTo(Status.Range));
    }

    [Test]
    public void Interrupts_are_refused_for_a_while_and_counted()
    {
        InterruptFaults faults = new() { Size = Handles.SizeOf<InterruptFaults>(), Refuse = 1 };
        ulong controller = Controller(&faults);
        uint nsid = Add(controller, null);
        Guest guest = new(controller);
        DriverQueuePair pair = guest.Driver.CreateQueuePair(1);
        Assert.That(Execute(pair, IoOpcode.Read, nsid), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => InterruptStats(controller).Refused > 0, "a refused interrupt");
        Assert.That(FaultCalls.ReleaseInterrupts(controller), Is.EqualTo(Status.Ok));
        faults.Refuse = 0;
        Assert.That(FaultCalls.SetInterruptFaults(controller, &faults), Is.EqualTo(Status.Ok));
        ulong refused = InterruptStats(controller).Refused;
        Assert.That(Execute(pair, IoOpcode.Read, nsid), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => InterruptStats(controller).Pending == 0, "what was pending");
        Assert.That(InterruptStats(controller).Refused, Is.EqualTo(refused));
        Assert.That(InterruptStats(controller).Lost, Is.Zero);
    }

    [Test]
    public void Edge39_A_late_interrupt_cannot_end_its_controller()
    {
        InterruptFaults faults = new() { Size = Handles.SizeOf<InterruptFaults>(), Refuse = 1 };
        ulong controller = Controller(&faults, &FreeController);
        _freed = 0;
        Volatile.Write(ref _controller, controller);
        uint nsid = Add(controller, null);
        Guest guest = new(controller);
        guest.Pci.SetMsix(true);
        guest.Pci.SetVector(1, 0xFEE0_0000, 1);
        DriverQueuePair pair = guest.Driver.CreateQueuePair(1, vector: 1);
        Assert.That(Execute(pair, IoOpcode.Read, nsid), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => Volatile.Read(ref _freed) != 0, "the late interrupt");
        Assert.That(_freed, Is.EqualTo(Status.Thread));
    }

    [Test]
    public void Faults_that_could_not_be_attached_leave_nothing()
    {
        ulong controller = Controller();
        DiskFaults faults = new() { Size = Handles.SizeOf<DiskFaults>() };
        uint nsid = Add(controller, &faults);
        Assert.That(TryAdd(controller, &faults, out _, nsid), Is.EqualTo(Status.Exists));
    }

    [UnmanagedCallersOnly]
    private static void FreeController(void* context, uint vector) =>
        Volatile.Write(ref _freed, ControllerCalls.Free(Volatile.Read(ref _controller)));

    private ulong Controller(InterruptFaults* faults = null, delegate* unmanaged<void*, uint, void> interrupt = null)
    {
        ulong* reactor = stackalloc ulong[] { _handles.Reactor(lent: false) };
        return _handles.Controller(config =>
        {
            config.Value.Reactors = reactor;
            config.Value.InterruptFaults = faults;
            config.Value.Interrupt = interrupt;
        });
    }

    private static StatusCode Execute(DriverQueuePair pair, IoOpcode opcode, uint nsid) =>
        pair.Execute(Guest.Entry(opcode, nsid)).Status;

    private static DiskFaultStats Stats(ulong controller, uint nsid)
    {
        DiskFaultStats stats = new() { Size = Handles.SizeOf<DiskFaultStats>() };
        Assert.That(FaultCalls.GetDiskFaultStats(controller, nsid, &stats), Is.EqualTo(Status.Ok));
        return stats;
    }

    private static InterruptFaultStats InterruptStats(ulong controller)
    {
        InterruptFaultStats stats = new() { Size = Handles.SizeOf<InterruptFaultStats>() };
        Assert.That(FaultCalls.GetInterruptFaultStats(controller, &stats), Is.EqualTo(Status.Ok));
        return stats;
    }

    private static uint Add(ulong controller, DiskFaults* faults)
    {
        Assert.That(TryAdd(controller, faults, out uint nsid), Is.EqualTo(Status.Ok), LastError.Sentence);
        return nsid;
    }

    private static int TryAdd(ulong controller, DiskFaults* faults, out uint nsid, uint wanted = 0)
    {
        NamespaceConfig config = new()
        {
            Size = Handles.SizeOf<NamespaceConfig>(),
            Nsid = wanted,
            LengthBytes = Length,
            Faults = faults,
        };
        uint added;
        int status = NamespaceCalls.AddRam(controller, &config, &added);
        nsid = added;
        return status;
    }

    /// <summary>A driver of the controller behind a handle.</summary>
    private sealed class Guest
    {
        public Guest(ulong controller)
        {
            var target = (ControllerObject)HandleTable.Shared.Find(controller, HandleKind.Controller)!;
            GuestMemory memory = target.Function.Controller.Options.Memory;
            memory.AllocateRegion(0, TestMachine.RamBytes);
            Driver = new ControllerDriver(target.Function, memory);
            Pci = new PciDriver(target.Function);
            Pci.EnableDevice();
            Driver.Enable();
        }

        public ControllerDriver Driver { get; }

        public PciDriver Pci { get; }

        public static SubmissionEntry Entry(IoOpcode opcode, uint nsid) =>
            ControllerDriver.BlockEntry(opcode, nsid, 0, 8, 0x20_0000);
    }
}
