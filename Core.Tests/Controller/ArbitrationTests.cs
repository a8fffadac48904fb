using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Whose command is next: round robin with its burst, weighted round robin with its classes.</summary>
internal sealed class ArbitrationTests
{
    private const uint BlockBytes = 512;
    private const uint Flood = 1000;

    private IoTaskFixture _io = null!;
    private ManualDisk _disk = null!;

    [SetUp]
    public void SetUp()
    {
        _io = new IoTaskFixture(cqEntries: 8192);
        _disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(_disk);
    }

    [TearDown]
    public void TearDown()
    {
        _io.Dispose();
        _disk.Dispose();
    }

    [TestCase(0u, 1)]
    [TestCase(2u, 4)]
    [TestCase(4u, 16)]
    [TestCase(7u, 64)]
    public void A_queue_has_its_burst_and_then_it_is_the_next_ones_turn(uint arbitrationBurst, int commands)
    {
        _io.Context.Arbitration = new ArbitrationPlan(arbitrationBurst, isWeighted: false);
        Fill(1);
        Fill(2);
        _io.Turn();

        List<int> queues = Order();
        int[] expected =
            [.. Enumerable.Repeat(1, commands), .. Enumerable.Repeat(2, commands), .. Enumerable.Repeat(1, commands)];
        Assert.That(queues.Take(3 * commands), Is.EqualTo(expected));
    }

    [Test]
    public void Classes_are_served_by_their_weights()
    {
        Weigh(high: 8, medium: 4, low: 2);
        Fill(1, QueuePriority.Low);
        Fill(2, QueuePriority.Medium);
        Fill(3, QueuePriority.High);
        _io.Turn(10);

        List<int> queues = Order();
        Assert.That(queues.Take(280).Count(queue => queue == 3), Is.EqualTo(160));
        Assert.That(queues.Take(280).Count(queue => queue == 2), Is.EqualTo(80));
        Assert.That(queues.Take(280).Count(queue => queue == 1), Is.EqualTo(40));
    }

    [Test]
    public void Weights_hold_where_a_round_is_longer_than_a_turn()
    {
        Weigh(high: 200, medium: 100, low: 50);
        Fill(1, QueuePriority.Low);
        Fill(2, QueuePriority.Medium);
        Fill(3, QueuePriority.High);
        _io.Turn(12);

        List<int> queues = Order();
        Assert.That(queues.Take(350).Count(queue => queue == 3), Is.EqualTo(200));
        Assert.That(queues.Take(350).Count(queue => queue == 2), Is.EqualTo(100));
        Assert.That(queues.Take(350).Count(queue => queue == 1), Is.EqualTo(50));
    }

    [Test]
    public void Urgent_commands_come_before_all_others()
    {
        Weigh(high: 200, medium: 1, low: 1);
        Fill(1, QueuePriority.High);
        Fill(2, QueuePriority.Urgent);
        _io.Turn(100);

        List<int> queues = Order();
        Assert.That(queues.Take((int)Flood), Is.All.EqualTo(2));
        Assert.That(queues, Has.Count.EqualTo(2 * Flood));
    }

    [Test]
    public void A_class_alone_waits_for_no_other()
    {
        Weigh(high: 256, medium: 256, low: 1);
        Fill(1, QueuePriority.Low);
        for (int turn = 0; turn < (int)Flood && Order().Count < (int)Flood; turn++)
        {
            int before = Order().Count;
            _io.Turn(1);
            Assert.That(turn == 0 || Order().Count > before, Is.True, "each turn serves something");
        }
        Assert.That(Order(), Has.Count.EqualTo(Flood));
    }

    [Test]
    public void Queues_of_one_class_take_turns()
    {
        Weigh(high: 32, medium: 1, low: 1, burst: 1);
        Fill(1, QueuePriority.High);
        Fill(2, QueuePriority.High);
        _io.Turn();
        Assert.That(Order().Take(6), Is.EqualTo(new[] { 1, 2, 1, 2, 1, 2 }));
    }

    [Test]
    public void Priorities_do_not_count_under_round_robin()
    {
        Fill(1, QueuePriority.Low);
        Fill(2, QueuePriority.Urgent);
        _io.Turn(1);
        _io.Turn(1);
        Assert.That(Order().Take(32), Is.EqualTo(Enumerable.Repeat(1, 16).Concat(Enumerable.Repeat(2, 16))));
    }

    [Test]
    public void A_guest_chooses_it_by_CC_and_gives_queues_their_class()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        machine.AddDisk(disk, 1);
        ControllerDriver driver = machine.Driver;
        Assert.That(new ControllerCapabilities(driver.Capabilities).ArbitrationMechanismSupported, Is.EqualTo(1));
        driver.Enable(configuration: ControllerDriver.DefaultConfiguration | ControllerDriver.WeightedRoundRobin);
        DriverQueuePair low = driver.CreateQueuePair(1, submissionFlags: (uint)QueuePriority.Low << 1 | 1);
        var urgent = new DriverQueuePair(
            driver, 2, 1, driver.AllocatePages(1), 64, low.CompletionAddress, 64);
        Assert.That(driver.CreateSubmissionQueue(2, 64, urgent.SubmissionAddress, 1), Is.EqualTo(StatusCode.Success));
        ulong page = driver.AllocatePages(1);
        using var hold = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        machine.Reactors[0].Post(() =>
        {
            held.Set();
            hold.Wait();
        });
        held.Wait();
        for (ulong command = 0; command < 20; command++)
        {
            low.Put(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 1, 1, page));
            urgent.Put(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 2, 1, page));
        }
        low.RingTail();
        urgent.RingTail();
        hold.Set();
        Wait.Until(() => disk.Seen.Count == 40, "forty commands");

        Assert.That(disk.Seen.Take(20).Select(seen => seen.Offset), Is.All.EqualTo(2 * BlockBytes));
    }

    private void Weigh(uint high, uint medium, uint low, uint burst = 16) => _io.Context.Arbitration = new ArbitrationPlan(
        (high - 1) << 24 | (medium - 1) << 16 | (low - 1) << 8 | (uint)int.Log2((int)burst), isWeighted: true);

    /// <summary>A queue full of reads of the block of its own number.</summary>
    private void Fill(ushort id, QueuePriority priority = QueuePriority.Urgent)
    {
        QueueDriver driver = _io.AddQueue(id, 1024, priority: priority);
        for (uint command = 0; command < Flood; command++)
            driver.Put(IoEntries.Read((ushort)command, id, 1, IoTaskFixture.DataAddress));
        driver.Ring();
    }

    private List<int> Order() => [.. _disk.Seen.Select(seen => (int)(seen.Offset / BlockBytes))];
}
