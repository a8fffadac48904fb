using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Doorbell writes as register accesses.</summary>
internal sealed class DoorbellRegisterTests
{
    [Test]
    public void Edge04_Bits_31_to_16_of_a_doorbell_are_masked()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();

        ushort commandId = driver.Admin.Put(IdentifyController(driver));
        driver.Write32(driver.Admin.TailDoorbell, 0xABCD_0000u | (uint)driver.Admin.Tail);

        Assert.That(driver.Admin.WaitFor(commandId).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Edge07_Other_widths_and_unaligned_writes_ring_nothing()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ulong invalid = machine.Controller.GetStatistics().InvalidRings;

        machine.Function.WriteBar0(pair.TailDoorbell, 1, 5);
        machine.Function.WriteBar0(pair.TailDoorbell, 2, 5);
        machine.Function.WriteBar0(pair.TailDoorbell, 8, 5ul << 32 | 5);
        machine.Function.WriteBar0(pair.TailDoorbell - 2, 4, 5);
        machine.Function.WriteBar0(driver.Admin.TailDoorbell, 8, 5ul << 32 | 5);

        Assert.That(machine.Controller.GetStatistics().InvalidRings, Is.EqualTo(invalid + 5));
        Assert.That(driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
    }

    [Test]
    public void Edge07_A_doorbell_reads_zero()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        driver.Identify(IdentifyCns.Controller);

        Assert.That(driver.Read32(driver.Admin.TailDoorbell), Is.Zero);
        Assert.That(driver.Read64(driver.Admin.TailDoorbell), Is.Zero);
        Assert.That(machine.Function.ReadBar0(driver.Admin.HeadDoorbell + 1, 2), Is.Zero);
    }

    [Test]
    public void Edge06_A_ring_before_ready_has_no_effect()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.SetUpAdminQueue();

        driver.Write32(driver.Admin.TailDoorbell, 7);
        driver.Enable();

        Assert.That(driver.Admin.Peek(0).Phase, Is.False);
        Assert.That(driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
        Assert.That(driver.Admin.Head, Is.EqualTo(1));
    }

    [Test]
    public void Edge06_A_ring_after_delete_has_no_effect_on_a_later_queue_of_the_same_identifier()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        ulong page = driver.AllocatePages(1);
        for (int round = 0; round < 5; round++)
        {
            DriverQueuePair pair = driver.CreateQueuePair(1);
            Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, nsid, 0, 8, page), Is.EqualTo(StatusCode.Success));
            Assert.That(pair.Head, Is.EqualTo(1));
            Assert.That(driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, 1), Is.EqualTo(StatusCode.Success));
            Assert.That(driver.Delete(AdminOpcode.DeleteIoCompletionQueue, 1), Is.EqualTo(StatusCode.Success));
            driver.Write32(pair.TailDoorbell, 9);
            driver.Write32(pair.HeadDoorbell, 9);
        }
    }

    [TestCase(5u)]
    [TestCase(0x1FFu)]
    public void Edge05_A_doorbell_without_a_queue_is_reported_once(uint doorbellId)
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        ushort request = driver.Admin.Submit(Events.Request);
        ushort second = driver.Admin.Submit(Events.Request);

        driver.Write32(RegisterOffset.Doorbells + doorbellId * 4, 1);
        CompletionEntry reported = driver.Admin.WaitFor(request);
        driver.Write32(RegisterOffset.Doorbells + doorbellId * 4, 1);
        driver.Identify(IdentifyCns.Controller);

        Assert.That(reported.Status, Is.EqualTo(StatusCode.Success));
        Assert.That(AsynchronousEvent.FromDword0(reported.Result), Is.EqualTo(AsynchronousEvent.InvalidDoorbellRegister));
        Assert.That(driver.Admin.HasCompleted(second), Is.False, "masked until the log page is read");
    }

    [Test]
    public void Edge01_A_false_value_is_ignored_and_reported_until_the_log_page_is_read()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        driver.CreateQueuePair(1, entries: 16);
        ushort first = driver.Admin.Submit(Events.Request);
        ushort second = driver.Admin.Submit(Events.Request);

        driver.Write32(DoorbellRegister.SubmissionTail(1, 0), 16);
        Assert.That(
            AsynchronousEvent.FromDword0(driver.Admin.WaitFor(first).Result),
            Is.EqualTo(AsynchronousEvent.InvalidDoorbellWriteValue));
        driver.Write32(DoorbellRegister.SubmissionTail(1, 0), 17);
        driver.Identify(IdentifyCns.Controller);
        Assert.That(driver.Admin.HasCompleted(second), Is.False);

        byte[] log = Events.ReadLogPage(driver, LogPageId.ErrorInformation, 64);
        Assert.That(BitConverter.ToUInt16(log, 8), Is.EqualTo(1), "the queue that the last error was about");
        driver.Write32(DoorbellRegister.SubmissionTail(1, 0), 18);
        Assert.That(driver.Admin.WaitFor(second).Status, Is.EqualTo(StatusCode.Success));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Edge03_A_false_head_makes_no_room_in_the_admin_completion_queue(bool usesVectors)
    {
        using var machine = new TestMachine();
        new PciDriver(machine.Function).SetMsix(usesVectors); // the pin follows the head for reasons of its own
        ControllerDriver driver = machine.Driver;
        driver.Enable(entries: 8, completionEntries: 4);
        for (int count = 0; count < 5; count++)
            driver.Admin.Put(IdentifyController(driver));
        driver.Admin.RingTail();
        Wait.Until(() => driver.Admin.Peek(2).Phase, "the third completion");

        driver.Write32(driver.Admin.HeadDoorbell, 4);
        driver.Write32(driver.Admin.HeadDoorbell, 100);

        for (int count = 0; count < 3; count++)
            Assert.That(driver.Admin.TryTake(out _), Is.True);
        Assert.That(driver.Admin.TryTake(out _), Is.False, "a full queue of four entries holds three");
        driver.Admin.RingHead();
        Wait.Until(() => driver.Admin.TryTake(out _), "the fourth completion, in the place of the first");
        Wait.Until(() => driver.Admin.TryTake(out _), "the fifth completion");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Edge23_A_full_admin_completion_queue_is_neither_overwritten_nor_does_it_drop(bool usesVectors)
    {
        using var machine = new TestMachine();
        new PciDriver(machine.Function).SetMsix(usesVectors); // the pin follows the head for reasons of its own
        ControllerDriver driver = machine.Driver;
        driver.Enable(entries: 32, completionEntries: 2);
        ushort[] submitted = [.. Enumerable.Range(0, 31).Select(_ => driver.Admin.Put(IdentifyController(driver)))];
        driver.Admin.RingTail();

        foreach (ushort commandId in submitted)
        {
            CompletionEntry completion = default;
            Wait.Until(() => driver.Admin.TryTake(out completion), "a completion");
            Assert.That(completion.CommandId, Is.EqualTo(commandId));
            Assert.That(driver.Admin.TryTake(out _), Is.False, "a queue of two entries holds one");
            driver.Admin.RingHead();
        }
    }

    private static SubmissionEntry IdentifyController(ControllerDriver driver) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Cdw10 = (uint)IdentifyCns.Controller,
        Prp1 = driver.AllocatePages(1),
    };
}
