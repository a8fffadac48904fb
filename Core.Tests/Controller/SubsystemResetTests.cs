using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>NVM Subsystem Reset, by a guest that writes NSSR.</summary>
internal sealed class SubsystemResetTests
{
    private const uint Signature = 0x4E56_4D65;
    private const uint Occurred = 1 << 4;

    [Test]
    public void It_resets_the_controller_and_CSTS_says_so_until_the_guest_has_cleared_it()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk(1);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair admin = driver.Admin;
        ushort parked = admin.Submit(Events.Request);
        driver.Identify(IdentifyCns.Controller);

        driver.Write32(RegisterOffset.SubsystemReset, Signature);
        Wait.Until(() => driver.Status.Value == Occurred, "the end of the reset");

        Assert.That(driver.Read32(RegisterOffset.SubsystemReset), Is.Zero);
        Assert.That(driver.Read32(RegisterOffset.ControllerConfiguration), Is.Zero);
        Assert.That(driver.Read32(RegisterOffset.AdminQueueAttributes), Is.Zero);
        Assert.That(driver.Read64(RegisterOffset.AdminSubmissionQueue), Is.Zero);
        Assert.That(driver.Read64(RegisterOffset.AdminCompletionQueue), Is.Zero);
        Assert.That(admin.HasCompleted(parked), Is.False);

        driver.Enable();
        Assert.That(driver.Status.SubsystemResetOccurred, Is.True);
        driver.Write32(RegisterOffset.ControllerStatus, 0);
        Assert.That(driver.Status.SubsystemResetOccurred, Is.True, "a 0 clears nothing");
        driver.Write32(RegisterOffset.ControllerStatus, uint.MaxValue);
        Assert.That(driver.Status, Is.EqualTo(new ControllerStatus { Ready = true }));
        driver.Disable(); // which waits for CSTS 0
    }

    [Test]
    public void CSTS_keeps_saying_so_through_other_resets()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Write32(RegisterOffset.SubsystemReset, Signature);
        driver.Enable();

        driver.Write32(RegisterOffset.ControllerConfiguration, 0);
        Wait.Until(() => !driver.Status.Ready, "CSTS.RDY = 0");
        machine.Function.Reset();

        Assert.That(driver.Status.Value, Is.EqualTo(Occurred));
    }

    [TestCase(0u)]
    [TestCase(0x4E56_4D64u)]
    [TestCase(0x654D_564Eu)]
    public void Any_other_value_does_nothing(uint value)
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();

        machine.Driver.Write32(RegisterOffset.SubsystemReset, value);

        Assert.That(machine.Driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
        Assert.That(machine.Driver.Status.Value, Is.EqualTo(1));
    }

    [Test]
    public void Only_an_aligned_access_of_4_or_8_bytes_counts()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        PciFunction function = machine.Function;
        driver.Enable();

        function.WriteBar0(RegisterOffset.SubsystemReset, 2, Signature);
        function.WriteBar0(RegisterOffset.SubsystemReset - 2, 4, Signature);
        function.WriteBar0(RegisterOffset.ControllerStatus, 8, (ulong)Signature << 32);
        Assert.That(driver.Status.Value, Is.EqualTo(1));

        function.WriteBar0(RegisterOffset.SubsystemReset, 8, Signature);
        Wait.Until(() => driver.Status.Value == Occurred, "the end of the reset");
    }

    [Test]
    public void Configuration_space_and_MSIX_stay_as_they_are()
    {
        using var machine = new TestMachine();
        var pci = new PciDriver(machine.Function);
        pci.Write(0x10, 0xFEB0_0000);
        pci.EnableDevice();
        pci.SetMsix(isEnabled: true);
        pci.SetVector(0, 0xFEE0_0000, 0x31);
        machine.Driver.Enable();

        machine.Driver.Write32(RegisterOffset.SubsystemReset, Signature);
        Wait.Until(() => machine.Driver.Status.Value == Occurred, "the end of the reset");
        machine.Driver.Enable();
        machine.Driver.Identify(IdentifyCns.Controller);

        Assert.That(machine.Function.Bar0Address, Is.EqualTo(0xFEB0_0000));
        Assert.That(machine.Function.IsBusMaster, Is.True);
        Assert.That(machine.Function.GetMessage(0), Is.EqualTo(new MsixMessage(0xFEE0_0000, 0x31)));
        Wait.Until(() => machine.Interrupts.Count(0) > 0, "the interrupt of the admin queue");
    }

    [Test]
    public void All_controllers_of_the_subsystem_are_reset()
    {
        using var machine = new SharedMachine(guests: 3);
        uint nsid = machine.ShareRamDisk();
        DriverQueuePair before = machine.Driver(1).CreateQueuePair(1);
        ulong page = machine.Driver(1).AllocatePages(1);

        machine.Driver(0).Write32(RegisterOffset.SubsystemReset, Signature);

        for (int guest = 0; guest < 3; guest++)
        {
            ControllerDriver driver = machine.Driver(guest);
            Wait.Until(() => driver.Status.Value == Occurred, $"the reset of controller {guest}");
        }
        before.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, nsid, 0, 1, page));
        machine.Driver(1).Enable();
        Assert.That(before.TryTake(out _), Is.False, "the queue has gone with the reset");
        Assert.That(
            ControllerDriver.Transfer(machine.Driver(1).CreateQueuePair(1), IoOpcode.Read, nsid, 0, 1, page),
            Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void It_waits_for_the_requests_that_a_disk_has()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, 1, 0, 1, driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the write");

        driver.Write32(RegisterOffset.SubsystemReset, Signature);
        Assert.That(driver.Status.Value, Is.EqualTo(Occurred | 1));
        disk.CompleteAll();

        Wait.Until(() => driver.Status.Value == Occurred, "the end of the reset");
        Assert.That(pair.TryTake(out _), Is.False);
    }

    [Test]
    public void A_controller_without_it_ignores_NSSR_and_is_still_reset_by_the_others()
    {
        using var machine = new SharedMachine(guests: 1);
        using var guarded = new TestMachine(options => options with
        {
            Subsystem = machine.Subsystem,
            SubsystemReset = false,
        });
        guarded.Driver.Enable();

        guarded.Driver.Write32(RegisterOffset.SubsystemReset, Signature);
        Assert.That(guarded.Driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
        Assert.That(machine.Driver(0).Identify(IdentifyCns.Controller), Is.Not.Empty);
        Assert.That(new ControllerCapabilities(guarded.Driver.Capabilities).SubsystemResetSupported, Is.False);

        machine.Driver(0).Write32(RegisterOffset.SubsystemReset, Signature);
        Wait.Until(() => machine.Driver(0).Status.Value == Occurred, "the one reset");
        Wait.Until(() => guarded.Driver.Status.Value == 0, "the other, without NSSRO");
    }
}
