using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>The registers as a guest sees them.</summary>
internal sealed class RegisterTests
{
    [Test]
    public void Capabilities_tell_what_the_options_say()
    {
        using var machine = new TestMachine(options => options with { MaxQueueEntries = 256, StrideExponent = 2 });
        var capabilities = new ControllerCapabilities(machine.Driver.Capabilities);

        Assert.That(capabilities.MaximumQueueEntriesSupported, Is.EqualTo(255));
        Assert.That(capabilities.ContiguousQueuesRequired, Is.True);
        Assert.That(capabilities.DoorbellStride, Is.EqualTo(2));
        Assert.That(capabilities.SubsystemResetSupported, Is.True);
        Assert.That(capabilities.MemoryPageSizeMinimum, Is.Zero);
        Assert.That(capabilities.CommandSetsSupported & 1, Is.EqualTo(1));
        Assert.That(capabilities.ControllerReadyModesSupported, Is.EqualTo(1));
        Assert.That(machine.Driver.Read32(RegisterOffset.ReadyTimeouts) & 0xFFFF, Is.EqualTo(capabilities.Timeout));
        Assert.That(machine.Driver.Read32(RegisterOffset.Version), Is.EqualTo(NvmeVersion.V20));
    }

    [Test]
    public void Edge33_64_bit_registers_are_written_and_read_by_halves()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;

        driver.Write32(RegisterOffset.AdminSubmissionQueue, 0x1234_5000);
        driver.Write32(RegisterOffset.AdminSubmissionQueue + 4, 0x9);
        driver.Write64(RegisterOffset.AdminCompletionQueue, 0xA_8765_4000);

        Assert.That(driver.Read64(RegisterOffset.AdminSubmissionQueue), Is.EqualTo(0x9_1234_5000));
        Assert.That(driver.Read32(RegisterOffset.AdminCompletionQueue), Is.EqualTo(0x8765_4000));
        Assert.That(driver.Read32(RegisterOffset.AdminCompletionQueue + 4), Is.EqualTo(0xA));
    }

    [Test]
    public void Edge33_Registers_are_readable_and_fixed_while_enabled()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable(entries: 16, completionEntries: 8);
        ulong asq = driver.Admin.SubmissionAddress;

        driver.Write64(RegisterOffset.AdminSubmissionQueue, 0xDEAD_B000);
        driver.Write32(RegisterOffset.AdminQueueAttributes, 0x003F_003F);

        Assert.That(driver.Read64(RegisterOffset.AdminSubmissionQueue), Is.EqualTo(asq));
        Assert.That(driver.Read64(RegisterOffset.AdminCompletionQueue), Is.EqualTo(driver.Admin.CompletionAddress));
        Assert.That(driver.Read32(RegisterOffset.AdminQueueAttributes), Is.EqualTo(0x0007_000F));
        Assert.That(
            driver.Read32(RegisterOffset.ControllerConfiguration), Is.EqualTo(ControllerDriver.DefaultConfiguration));
    }

    // CSS 1, MPS 1, AMS 1, AMS 7, IOSQES 7, IOCQES 3.
    [TestCase(0x0046_0011u)]
    [TestCase(0x0046_0081u)]
    [TestCase(0x0046_1001u)]
    [TestCase(0x0046_3801u)]
    [TestCase(0x0047_0001u)]
    [TestCase(0x0036_0001u)]
    public void Edge33_Enabling_with_a_bad_field_is_fatal_until_a_reset(uint configuration)
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.SetUpAdminQueue();

        driver.Write32(RegisterOffset.ControllerConfiguration, configuration);
        Wait.Until(() => driver.Status.FatalStatus, "CSTS.CFS");
        Assert.That(driver.Status.Ready, Is.False);

        driver.Disable();
        driver.Enable();
        Assert.That(driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
    }

    [TestCase(0x0000_0007u)]
    [TestCase(0x0007_0000u)]
    [TestCase(0x0000_0000u)]
    public void Edge27_An_admin_queue_of_one_entry_is_fatal(uint attributes)
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.SetUpAdminQueue();
        driver.Write32(RegisterOffset.AdminQueueAttributes, attributes);

        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);

        Wait.Until(() => driver.Status.FatalStatus, "CSTS.CFS");
    }

    [Test]
    public void Edge27_An_admin_queue_of_two_entries_works()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable(entries: 2);

        for (int round = 0; round < 5; round++)
            Assert.That(machine.Driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
    }

    [Test]
    public void An_admin_queue_outside_guest_RAM_is_fatal()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.SetUpAdminQueue();
        driver.Write64(RegisterOffset.AdminSubmissionQueue, 0xFFFF_FFFF_FFFF_F000);

        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);

        Wait.Until(() => driver.Status.FatalStatus, "CSTS.CFS");
    }

    [Test]
    public void Narrow_and_unaligned_register_writes_are_ignored()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Write32(RegisterOffset.AdminQueueAttributes, 0x001F_001F);

        machine.Function.WriteBar0(RegisterOffset.AdminQueueAttributes, 1, 0);
        machine.Function.WriteBar0(RegisterOffset.AdminQueueAttributes + 2, 2, 0);
        machine.Function.WriteBar0(RegisterOffset.AdminQueueAttributes - 2, 4, 0);
        machine.Function.WriteBar0(RegisterOffset.AdminQueueAttributes, 3, 0);

        Assert.That(driver.Read32(RegisterOffset.AdminQueueAttributes), Is.EqualTo(0x001F_001F));
        Assert.That(machine.Function.ReadBar0(RegisterOffset.AdminQueueAttributes + 1, 2), Is.EqualTo(0x1F00));
        Assert.That(machine.Function.ReadBar0(RegisterOffset.AdminQueueAttributes + 2, 1), Is.EqualTo(0x1F));
    }

    [Test]
    public void Shutdown_flushes_and_completes_and_a_new_enable_forgets_it()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();

        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration | 1 << 14);
        Wait.Until(() => driver.Status.ShutdownStatus == ShutdownStatus.Complete, "CSTS.SHST");

        driver.Disable();
        driver.Enable();
        Assert.That(driver.Status.ShutdownStatus, Is.EqualTo(ShutdownStatus.Normal));
    }

    [Test]
    public void A_shutdown_that_is_taken_back_is_forgotten()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration | 1 << 14);
        Wait.Until(() => driver.Status.ShutdownStatus == ShutdownStatus.Complete, "CSTS.SHST");

        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);

        Wait.Until(() => driver.Status.ShutdownStatus == ShutdownStatus.Normal, "CSTS.SHST");
        Assert.That(driver.Status.Ready);
    }

    [Test]
    public void A_disk_that_throws_does_not_hold_up_a_shutdown()
    {
        using var machine = new TestMachine();
        machine.AddDisk(new ThrowingDisk());
        machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();

        driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration | 1 << 14);

        Wait.Until(() => driver.Status.ShutdownStatus == ShutdownStatus.Complete, "CSTS.SHST");
    }

    [Test]
    public void Accesses_anywhere_in_and_beyond_BAR0_do_no_harm()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        ulong length = machine.Function.Bar0LengthBytes;
        foreach (int width in new[] { 0, -1, 1, 2, 3, 4, 5, 8, 9, int.MaxValue })
        {
            ulong[] offsets = [0, 1, 7, 0x13, 0xFFD, 0xFFF, 0x1001, length - 8, length - 1, length, ulong.MaxValue - 2];
            foreach (ulong offset in offsets)
            {
                machine.Function.ReadBar0(offset, width);
                machine.Controller.ReadRegister(offset, width);
                if (offset is 0 or >= 0xFFD)
                    machine.Function.WriteBar0(offset, width, ulong.MaxValue);
            }
        }
        Assert.That(machine.Driver.Status.Ready, Is.True);
        Assert.That(machine.Function.ReadBar0(length, 4), Is.EqualTo(uint.MaxValue));
    }
}
