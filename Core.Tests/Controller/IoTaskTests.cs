using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>One task, one thread, step by step.</summary>
public sealed class IoTaskTests
{
    private const ulong Data = IoTaskFixture.DataAddress;

    [Test]
    public void Edge23_No_more_is_fetched_than_there_is_room_for_and_the_head_sets_it_going_again()
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue(entries: 16);
        for (ushort id = 0; id < 10; id++)
            driver.Put(IoEntries.Read(id, 0, 1, Data));
        driver.Ring();
        io.Turn();
        Assert.That(disk.Waiting, Has.Count.EqualTo(3), "in flight: an entry is reserved for each");
        disk.CompleteAll();
        io.Turn();
        Assert.That(disk.Waiting, Is.Empty, "posted, not consumed: still no room");
        var reaped = new List<ushort>();
        while (reaped.Count < 10)
        {
            reaped.AddRange(driver.ReapAll().Select(entry => entry.CommandId));
            io.Turn();
            Assert.That(disk.Waiting, Has.Count.LessThanOrEqualTo(3));
            disk.CompleteAll();
            io.Turn();
        }
        Assert.That(reaped, Is.EqualTo(Enumerable.Range(0, 10)));
    }

    [Test]
    public void Edge20_A_full_completion_queue_with_a_sleeping_task_wakes_when_the_head_moves()
    {
        using var io = new IoTaskFixture(cqEntries: 2, ownThread: true);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue(entries: 16);
        for (ushort id = 0; id < 15; id++)
            driver.Put(IoEntries.Flush(id));
        driver.Ring();
        for (ushort id = 0; id < 15; id++)
        {
            Wait.Until(() => driver.TryPeek(out _), "a completion");
            long sleeps = io.Reactor.GetStatistics().Sleeps;
            io.Task.Waker.Wake();
            Wait.Until(() => io.Reactor.GetStatistics().Sleeps > sleeps, "the task to sleep");
            Assert.That(driver.Await().CommandId, Is.EqualTo(id));
        }
    }

    [Test]
    public void A_head_that_moves_does_not_wake_an_idle_task()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Flush(1));
        io.Sleep();
        long wakes = io.Reactor.GetStatistics().Wakes;
        driver.ReapAll();
        io.Turn();
        Assert.That(io.Reactor.GetStatistics().Wakes, Is.EqualTo(wakes));
        driver.Submit(IoEntries.Flush(2));
        io.Turn();
        Assert.That(io.Reactor.GetStatistics().Wakes, Is.EqualTo(wakes + 1));
        Assert.That(driver.Await().CommandId, Is.EqualTo(2));
    }

    [Test]
    public void Edge03_A_false_head_makes_no_room_and_raises_the_event_once()
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue(entries: 16);
        for (ushort id = 0; id < 3; id++)
            driver.Put(IoEntries.Flush(id));
        driver.Ring();
        io.Turn();
        Assert.That(driver.TryReap(out _), Is.True);
        driver.RingHead();
        driver.Submit(IoEntries.Flush(3));
        io.Turn();
        // Head 1, tail 0 (full): 2, 3, 0 are true, none other exists; so consume all and then lie.
        driver.ReapAll();
        driver.Submit(IoEntries.Flush(4));
        io.Turn();
        driver.RingHead(2);
        io.Sleep();
        Assert.That(io.InvalidDoorbells, Is.EqualTo(new[] { DoorbellMemory.HeadId(1) }));
        Assert.That(driver.ReapAll().Single().CommandId, Is.EqualTo(4));
        for (ushort id = 5; id < 20; id++)
        {
            driver.Submit(IoEntries.Flush(id));
            io.Turn();
            Assert.That(driver.ReapAll().Single().CommandId, Is.EqualTo(id));
        }
        Assert.That(io.InvalidDoorbells, Has.Count.EqualTo(1));
    }

    [Test]
    public void Edge01_A_false_tail_raises_the_event_and_the_queue_lives_on()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue(entries: 16, limit: 65536);
        driver.RingTail(16);
        io.Turn();
        Assert.That(io.InvalidDoorbells, Is.EqualTo(new[] { DoorbellMemory.TailId(1) }));
        driver.RingTail(500);
        io.Turn();
        Assert.That(io.InvalidDoorbells, Has.Count.EqualTo(2));
        driver.Submit(IoEntries.Flush(1));
        io.Turn();
        Assert.That(driver.Await().CommandId, Is.EqualTo(1));
        Assert.That(io.InvalidDoorbells, Has.Count.EqualTo(2));
    }

    [Test]
    public void One_turn_interrupts_once()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue(entries: 64);
        io.Turn();
        Assert.That(io.Raised, Is.Zero);
        for (ushort id = 0; id < 40; id++)
            driver.Put(IoEntries.Flush(id));
        driver.Ring();
        io.Turn();
        Assert.That(io.Raised, Is.EqualTo(1));
        Assert.That(driver.ReapAll(), Has.Count.EqualTo(40));
        io.Turn();
        Assert.That(io.Raised, Is.EqualTo(1));
    }

    [Test]
    public void Edge36_The_pin_is_let_go_when_the_guest_has_consumed_all()
    {
        using var io = new IoTaskFixture(usesPin: true);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        driver.Put(IoEntries.Flush(1));
        driver.Put(IoEntries.Flush(2));
        driver.Ring();
        io.Sleep();
        Assert.That((io.Pin, io.Raised), Is.EqualTo(((bool?)true, 0)));
        Assert.That(driver.TryReap(out _), Is.True);
        driver.RingHead();
        io.Sleep();
        Assert.That(io.Pin, Is.True);
        driver.ReapAll();
        io.Turn();
        Assert.That(io.Pin, Is.False);
    }

    [Test]
    public void Queues_of_one_completion_queue_get_their_turns()
    {
        using var io = new IoTaskFixture(cqEntries: 4096);
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        io.AddNamespace(disk);
        QueueDriver[] drivers = [io.AddQueue(1, 1024), io.AddQueue(2, 1024), io.AddQueue(3, 1024)];
        io.Turn();
        // A flood in the first queue, one command in each of the others.
        for (ushort id = 0; id < 1000; id++)
            drivers[0].Put(IoEntries.Read(id, 0, 1, Data));
        drivers[1].Put(IoEntries.Read(0, 1, 1, Data));
        drivers[2].Put(IoEntries.Read(0, 2, 1, Data));
        foreach (QueueDriver driver in drivers)
            driver.Ring();
        io.Turn(1);
        List<ulong> offsets = [.. disk.Seen.Select(seen => seen.Offset)];
        Assert.That(offsets, Has.Count.LessThanOrEqualTo(64), "a turn is bounded");
        Assert.That(offsets, Does.Contain(512ul).And.Contain(1024ul), "nobody waits for the flood");
        io.Turn(100);
        Assert.That(disk.Seen, Has.Count.EqualTo(1002));
    }

    [Test]
    public void More_commands_than_requests_wait_their_turn()
    {
        using var io = new IoTaskFixture(cqEntries: 4096);
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue(entries: 1024);
        for (int i = 0; i < 1000; i++)
            driver.Put(IoEntries.Read((ushort)i, 0, 1, Data));
        driver.Ring();
        int reaped = 0;
        int most = 0;
        while (reaped < 1000)
        {
            io.Sleep();
            most = Math.Max(most, disk.Waiting.Count);
            disk.CompleteAll();
            io.Turn();
            reaped += driver.ReapAll().Count;
        }
        Assert.That(most, Is.EqualTo(IoRequestPool.MaxRequests));
        Assert.That(disk.Seen, Has.Count.EqualTo(1000));
    }
}
