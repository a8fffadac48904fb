using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Pci;

/// <summary>MSI-X and the pin, as completions raise them.</summary>
internal sealed class InterruptTests
{
    private TestMachine _machine = null!;
    private PciDriver _pci = null!;

    private ControllerDriver Driver => _machine.Driver;

    private RecordedInterrupts Interrupts => _machine.Interrupts;

    [SetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        _machine.AddRamDisk(1);
        _pci = new PciDriver(_machine.Function);
        _pci.EnableDevice();
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [Test]
    public void A_completion_sends_the_message_of_its_queues_vector()
    {
        EnableMsix(0, 3);
        DriverQueuePair pair = Driver.CreateQueuePair(1, vector: 3);
        int before = Interrupts.Count(3);

        Read(pair);

        Wait.Until(() => Interrupts.Count(3) > before, "vector 3");
        Assert.That(Interrupts.LastMessage, Is.EqualTo(new MsixMessage(0x1_FEE0_0000, 0x4003)));
        Assert.That(Interrupts.LineChanges, Is.Zero);
    }

    [Test]
    public void A_queue_without_interrupts_raises_none()
    {
        EnableMsix(0, 1);
        DriverQueuePair pair = Driver.CreateQueuePair(1, vector: 1, completionFlags: 1);

        Read(pair);
        Driver.Identify(IdentifyCns.Controller);

        Assert.That(Interrupts.Count(1), Is.Zero);
    }

    [Test]
    public void Edge36_A_masked_vector_is_pending_and_delivered_once_on_unmask()
    {
        EnableMsix(0, 2);
        DriverQueuePair pair = Driver.CreateQueuePair(1, vector: 2);
        _pci.MaskVector(2, true);
        Read(pair);
        Read(pair);
        Wait.Until(() => _pci.IsPending(2), "the pending bit");
        Assert.That(Interrupts.Count(2), Is.Zero);

        _pci.MaskVector(2, false);

        Assert.That(Interrupts.Count(2), Is.EqualTo(1));
        Assert.That(_pci.IsPending(2), Is.False);
        _pci.MaskVector(2, false);
        Assert.That(Interrupts.Count(2), Is.EqualTo(1));
    }

    [Test]
    public void Edge36_The_function_mask_and_bus_mastering_hold_every_vector_back()
    {
        EnableMsix(0, 1, 2);
        DriverQueuePair[] pairs = [Driver.CreateQueuePair(1, vector: 1), Driver.CreateQueuePair(2, vector: 2)];
        _pci.SetMsix(true, isMasked: true);
        Read(pairs[0]);
        Wait.Until(() => _pci.IsPending(1), "pending bit 1");
        _pci.Write(4, 2, 2);
        _pci.SetMsix(true, isMasked: false);
        Read(pairs[1]);
        Wait.Until(() => _pci.IsPending(2), "pending bit 2");
        Assert.That(Interrupts.Count(1) + Interrupts.Count(2), Is.Zero);

        _pci.EnableDevice();

        Assert.That(Interrupts.Count(1), Is.EqualTo(1));
        Assert.That(Interrupts.Count(2), Is.EqualTo(1));
    }

    [Test]
    public void Edge36_A_vector_shared_by_queues_serves_all_of_them()
    {
        EnableMsix(0, 1);
        DriverQueuePair[] pairs = [.. Enumerable.Range(1, 4).Select(id => Driver.CreateQueuePair(id, vector: 1))];
        foreach (DriverQueuePair pair in pairs)
        {
            int before = Interrupts.Count(1);
            Read(pair);
            Wait.Until(() => Interrupts.Count(1) > before, "the shared vector");
        }
    }

    [Test]
    public void The_pin_is_asserted_until_the_head_catches_up()
    {
        Driver.Enable();
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        Wait.Until(() => !Interrupts.IsLineAsserted, "the admin completions to be seen");
        for (int round = 0; round < 20; round++)
        {
            pair.Submit(ReadEntry());
            Wait.Until(() => pair.TryTake(out _), "the completion");
            Wait.Until(() => Interrupts.IsLineAsserted, "the line");
            Assert.That(_pci.Read(6, 2) & 8, Is.Not.Zero, "Interrupt Status");

            pair.RingHead();
            Wait.Until(() => !Interrupts.IsLineAsserted, "the line to be let go");
        }
        Assert.That(_pci.Read(6, 2) & 8, Is.Zero);
    }

    [Test]
    public void The_pin_obeys_INTMS_INTMC_and_Interrupt_Disable()
    {
        Driver.Enable();
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        Wait.Until(() => !Interrupts.IsLineAsserted, "the admin completions to be seen");
        pair.Submit(ReadEntry());
        Wait.Until(() => Interrupts.IsLineAsserted, "the line");

        Driver.Write32(RegisterOffset.InterruptMaskSet, 1);
        Assert.That(Interrupts.IsLineAsserted, Is.False);
        Assert.That(Driver.Read32(RegisterOffset.InterruptMaskClear), Is.EqualTo(1));
        Driver.Write32(RegisterOffset.InterruptMaskClear, 1);
        Assert.That(Interrupts.IsLineAsserted, Is.True);

        _pci.Write(4, 0x0406, 2);
        Assert.That(Interrupts.IsLineAsserted, Is.False);
        Assert.That(_pci.Read(6, 2) & 8, Is.Not.Zero, "Interrupt Status is that of the function");
        _pci.EnableDevice();
        Assert.That(Interrupts.IsLineAsserted, Is.True);
    }

    [Test]
    public void Turning_MSIX_on_and_off_takes_the_pin_away_and_gives_it_back()
    {
        Driver.Enable();
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        pair.Submit(ReadEntry());
        Wait.Until(() => pair.TryTake(out _), "the completion");
        Wait.Until(() => Interrupts.IsLineAsserted, "the line");

        _pci.SetMsix(true);
        Assert.That(Interrupts.IsLineAsserted, Is.False);
        _pci.SetMsix(false);
        Wait.Until(() => Interrupts.IsLineAsserted, "the line of what is still unseen");
    }

    [Test]
    public void A_reset_lets_the_pin_go()
    {
        Driver.Enable();
        DriverQueuePair pair = Driver.CreateQueuePair(1);
        pair.Submit(ReadEntry());
        Wait.Until(() => pair.TryTake(out _) && Interrupts.IsLineAsserted, "the line");

        Driver.Disable();

        Assert.That(Interrupts.IsLineAsserted, Is.False);
    }

    private void EnableMsix(params int[] vectors)
    {
        _pci.SetMsix(true);
        foreach (int vector in vectors)
            _pci.SetVector(vector, 0x1_FEE0_0000, 0x4000u + (uint)vector);
        Driver.Enable();
    }

    private static SubmissionEntry ReadEntry() => ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, 0x20_0000);

    private static void Read(DriverQueuePair pair) => Assert.That(pair.Execute(ReadEntry()).Status, Is.EqualTo(StatusCode.Success));
}
