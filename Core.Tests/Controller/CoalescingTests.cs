using System.Diagnostics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Interrupts that wait for each other: Interrupt Coalescing and Interrupt Vector Configuration.</summary>
internal sealed class CoalescingTests
{
    private const uint FourEntriesOneMillisecond = 10u << 8 | 3;
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;

    private IoTaskFixture _io = null!;
    private QueueDriver _driver = null!;
    private long _now;
    private ushort _commandId;

    private void SetUp(bool usesPin = false)
    {
        _now = 1;
        _io = new IoTaskFixture(usesPin: usesPin);
        _io.AddNamespace(new NullDisk(1 << 20));
        _io.Reactor.Clock = () => _now;
        _driver = _io.AddQueue();
        _io.Turn();
    }

    [TearDown]
    public void TearDown() => _io?.Dispose();

    [Test]
    public void They_wait_until_the_threshold_is_reached()
    {
        SetUp();
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        for (int round = 1; round <= 10; round++)
        {
            for (int count = 0; count < 4; count++)
            {
                Assert.That(_io.Raised, Is.EqualTo(round - 1));
                Flush();
            }
            Assert.That(_io.Raised, Is.EqualTo(round), "40 commands, ten interrupts");
            _driver.ReapAll();
        }
    }

    [Test]
    public void They_wait_no_longer_than_the_time_while_the_task_is_asleep_and_nothing_else_happens()
    {
        SetUp();
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        Flush();
        _now += Millisecond / 2;
        Flush();
        _io.Sleep();
        _now += Millisecond / 2 - 1;
        _io.Turn();
        Assert.That(_io.Raised, Is.Zero);
        long wakes = _io.Reactor.GetStatistics().Wakes;

        _now++;
        _io.Turn();

        Assert.That(_io.Raised, Is.EqualTo(1), "a millisecond after the first");
        Assert.That(_io.Reactor.GetStatistics().Wakes, Is.EqualTo(wakes), "by the clock alone");
        _now += 100 * Millisecond;
        _io.Turn();
        Assert.That(_io.Raised, Is.EqualTo(1), "and nothing is left over");
    }

    [Test]
    public void A_parked_reactor_gets_up_for_the_time()
    {
        _io = new IoTaskFixture(ownThread: true);
        _io.AddNamespace(new NullDisk(1 << 20));
        _driver = _io.AddQueue();
        _io.Coalescing.Set(255u << 8 | 255);
        long parks = _io.Reactor.GetStatistics().Parks;
        _driver.Submit(IoEntries.Flush(1));

        Wait.Until(() => _io.Raised == 1, "the interrupt");

        Assert.That(_io.Reactor.GetStatistics().Parks, Is.GreaterThan(parks));
    }

    [Test]
    public void A_threshold_or_a_time_of_0_holds_nothing_back()
    {
        SetUp();
        _io.Coalescing.Set(10u << 8);
        Flush();
        Assert.That(_io.Raised, Is.EqualTo(1));
        _io.Coalescing.Set(10);
        Flush();
        Assert.That(_io.Raised, Is.EqualTo(2));
    }

    [Test]
    public void A_vector_that_is_excepted_is_not_held_back()
    {
        SetUp();
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        _io.Coalescing.SetDisabled(1, true);
        Flush();
        Assert.That(_io.Raised, Is.EqualTo(1));
    }

    [Test]
    public void What_is_held_back_is_let_go_when_the_guest_turns_it_off()
    {
        SetUp();
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        Flush();
        _io.Coalescing.Set(0);
        _io.Task.Waker.Wake();
        _io.Turn();
        Assert.That(_io.Raised, Is.EqualTo(1));
    }

    [Test]
    public void An_error_is_told_at_once_and_what_was_held_back_with_it()
    {
        SetUp();
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        Flush();
        _driver.Submit(IoEntries.Flush(9, nsid: 77));
        _io.Turn();
        Assert.That(_io.Raised, Is.EqualTo(1));
        _now += Millisecond;
        _io.Turn();
        Assert.That(_io.Raised, Is.EqualTo(1));
    }

    [Test]
    public void The_pin_is_not_held_back()
    {
        SetUp(usesPin: true);
        _io.Coalescing.Set(FourEntriesOneMillisecond);
        Flush();
        Assert.That(_io.Pin, Is.True);
    }

    [Test]
    public void A_guest_sets_it_by_Set_Features_and_its_admin_queue_is_left_alone()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk(1);
        var pci = new PciDriver(machine.Function);
        pci.EnableDevice();
        pci.SetMsix(true);
        pci.SetVector(0, 0xFEE0_0000, 0);
        pci.SetVector(1, 0xFEE0_0000, 1);
        machine.Reactors[0].Clock = static () => 1;
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, vector: 1);
        int admin = machine.Interrupts.Count(0);
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Cdw10 = (uint)FeatureId.InterruptCoalescing,
            Cdw11 = FourEntriesOneMillisecond,
        });
        Wait.Until(() => machine.Interrupts.Count(0) == admin + 1, "the interrupt of Set Features");

        for (int command = 1; command <= 4; command++)
        {
            Assert.That(machine.Interrupts.Count(1), Is.Zero);
            pair.Execute(new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1 });
        }

        Wait.Until(() => machine.Interrupts.Count(1) == 1, "the one interrupt of four commands");
        machine.Driver.Disable();
        machine.Driver.Enable();
        pair = machine.Driver.CreateQueuePair(1, vector: 1);
        pair.Execute(new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1 });
        Wait.Until(() => machine.Interrupts.Count(1) == 2, "after a reset, one for each");
    }

    private void Flush()
    {
        _driver.Submit(IoEntries.Flush(_commandId++));
        _io.Turn();
    }
}
