using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;
using static NvmeDoorbell.Tests.Drivers.Erasing;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Sanitize: all namespaces of a subsystem at once.</summary>
public sealed class SanitizeTests
{
    private const uint ExitFailure = 1;
    private const uint BlockErase = 2;
    private const uint Overwrite = 3;
    private const uint AllowExit = 1 << 3;

    [Test]
    public void Block_erase_leaves_zeroes_on_every_namespace_and_tells_every_host()
    {
        using var machine = new SharedMachine();
        var first = new PlainDisk(1 << 20);
        var second = new PlainDisk(1 << 20);
        machine.Share(first);
        using IDisk owned = second;
        machine.Subsystem.AddNamespace(0, second); // attached to nobody
        first.Bytes.AsSpan().Fill(1);
        second.Bytes.AsSpan().Fill(2);
        ushort waiting = machine.Driver(1).Admin.Submit(Events.Request);

        Assert.That(Sanitize(machine.Driver(0), BlockErase), Is.EqualTo(StatusCode.Success));

        Assert.That(
            AsynchronousEvent.FromDword0(machine.Driver(1).Admin.WaitFor(waiting).Result),
            Is.EqualTo(AsynchronousEvent.SanitizeCompleted));
        Assert.That(first.Bytes, Is.All.Zero);
        Assert.That(second.Bytes, Is.All.Zero);
        byte[] log = SanitizeLog(machine.Driver(1));
        Assert.That(BitConverter.ToUInt16(log), Is.EqualTo(0xFFFF), "SPROG");
        Assert.That(BitConverter.ToUInt16(log, 2) & 7, Is.EqualTo(1), "SSTAT: completed");
        Assert.That(BitConverter.ToUInt32(log, 4), Is.EqualTo(BlockErase), "SCDW10");
    }

    [Test]
    public void Overwrite_leaves_the_pattern_of_the_last_pass()
    {
        using var machine = new TestMachine();
        var disk = new PlainDisk(1 << 20);
        machine.AddDisk(disk);
        machine.Driver.Enable();
        const uint invert = 1 << 8;
        Assert.That(Sanitize(machine.Driver, Overwrite | 2 << 4 | invert, 0xA1B2C3D4), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 1, "the end");
        Assert.That(BitConverter.ToUInt32(disk.Bytes, 4096), Is.EqualTo(0xA1B2C3D4));
        Assert.That(SanitizeState(machine.Driver) >> 3 & 0x1F, Is.EqualTo(2), "passes");
    }

    [Test]
    public void While_it_lasts_commands_are_refused_and_a_reset_does_not_end_it()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        ControllerDriver driver = machine.Driver(0);
        var other = new ReservationDriver(machine.Driver(1), nsid);

        Assert.That(Sanitize(driver, BlockErase), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Assert.That(SanitizeState(driver) & 7, Is.EqualTo(2), "in progress");
        foreach (IoOpcode opcode in (IoOpcode[])[IoOpcode.Read, IoOpcode.Write, IoOpcode.Flush, IoOpcode.WriteZeroes])
            Assert.That(other.Access(opcode), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(other.Register(1), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(other.Report(out _), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Sanitize(machine.Driver(1), BlockErase), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Sanitize(machine.Driver(1), ExitFailure), Is.EqualTo(StatusCode.SanitizeInProgress));
        Assert.That(Format(machine.Driver(1), nsid), Is.EqualTo(StatusCode.SanitizeInProgress));
        driver.Disable();
        driver.Enable();
        Assert.That(SanitizeState(driver) & 7, Is.EqualTo(2), "in progress");
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "the flush");
        disk.CompleteOne();
        disk.Answer = DiskStatus.Success;
        Wait.Until(() => (SanitizeState(driver) & 7) == 1, "the end");
        Assert.That(other.Access(IoOpcode.Read), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_failure_keeps_namespaces_shut_until_another_attempt_or_an_agreed_exit()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk { Answer = DiskStatus.WriteFault };
        uint nsid = machine.AddDisk(disk);
        machine.Driver.Enable();
        var host = new ReservationDriver(machine.Driver, nsid);
        Assert.That(Sanitize(machine.Driver, ExitFailure), Is.EqualTo(StatusCode.Success), "there is none");

        Assert.That(Sanitize(machine.Driver, BlockErase), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 3, "the failure");
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.SanitizeFailed));
        Assert.That(Sanitize(machine.Driver, ExitFailure), Is.EqualTo(StatusCode.SanitizeFailed), "not agreed");
        Assert.That(Sanitize(machine.Driver, BlockErase | AllowExit), Is.EqualTo(StatusCode.SanitizeFailed));
        disk.Answer = DiskStatus.Success;
        Assert.That(Sanitize(machine.Driver, BlockErase), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 1, "the end");
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.Success));

        disk.Answer = DiskStatus.WriteFault;
        Assert.That(Sanitize(machine.Driver, BlockErase | AllowExit), Is.EqualTo(StatusCode.Success));
        Wait.Until(() => (SanitizeState(machine.Driver) & 7) == 3, "the failure");
        disk.Answer = DiskStatus.Success;
        Assert.That(Sanitize(machine.Driver, ExitFailure), Is.EqualTo(StatusCode.Success));
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Its_progress_is_that_of_all_disks_and_begins_anew_with_each_attempt()
    {
        using var machine = new SharedMachine(guests: 1);
        ManualDisk first = new(), second = new();
        machine.Share(first);
        machine.Share(second);
        ControllerDriver driver = machine.Driver(0);
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            Assert.That(Sanitize(driver, Overwrite | 1 << 4), Is.EqualTo(StatusCode.Success));
            Wait.Until(() => first.Waiting.Count == 1, "the first piece");
            Assert.That(BitConverter.ToUInt16(SanitizeLog(driver)), Is.Zero, $"SPROG, attempt {attempt}");
            Wait.Until(
                () =>
                {
                    first.CompleteAll();
                    return second.Waiting.Count == 1;
                },
                "the second disk's turn");
            Assert.That(BitConverter.ToUInt16(SanitizeLog(driver)), Is.EqualTo(0x8000), "SPROG: half");
            Wait.Until(
                () =>
                {
                    second.CompleteAll();
                    return (SanitizeState(driver) & 7) == 1;
                },
                "the end");
        }
    }

    [TestCase(0u)]
    [TestCase(4u, TestName = "{m}(cryptographic erase)")]
    [TestCase(7u)]
    public void Other_actions_are_refused(uint action)
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        Assert.That(Sanitize(machine.Driver, action), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(
            new IdentifyControllerData(machine.Driver.Identify(IdentifyCns.Controller)).SanitizeCapabilities & 7,
            Is.EqualTo(6), "block erase and overwrite");
    }
}
