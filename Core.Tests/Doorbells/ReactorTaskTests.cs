using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>What tasks ask of their reactor: naps where nobody wakes them, and hold of guest memory.</summary>
public sealed class ReactorTaskTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    /// <summary>Does what it is told in its turns, and sleeps only where it may.</summary>
    private sealed class Told(Reactor reactor, GuestMemory? memory = null) : ReactorTask(reactor, memory)
    {
        public Action? InTurn { get; set; }

        public bool MaySleep { get; init; } = true;

        public int Turns { get; private set; }

        public int Begin() => BeginTransfer();

        public void End(int transfer) => EndTransfer(transfer);

        protected override bool Turn()
        {
            Turns++;
            InTurn?.Invoke();
            return false;
        }

        protected override bool PrepareSleep() => MaySleep;

        protected override bool HasWork() => false;
    }

    [Test]
    public void A_reactor_whose_tasks_may_not_sleep_naps_between_looks_and_no_longer_than_it_is_lent([Values] bool hasLimit)
    {
        using Reactor reactor = new(new ReactorOptions { OwnThread = false, PollMax = TimeSpan.FromMicroseconds(1) });
        using Told task = new(reactor) { MaySleep = false };
        task.Start();
        task.InTurn = () =>
        {
            if (reactor.GetStatistics().Parks >= 3) reactor.Stop();
        };
        Assert.That(reactor.Run(hasLimit ? Long : Timeout.InfiniteTimeSpan), Is.True);
        Assert.That(reactor.GetStatistics().Parks, Is.GreaterThanOrEqualTo(3));
        Assert.That(reactor.GetStatistics().Sleeps, Is.Zero);
        task.InTurn = null;
        // The shortest nap is longer than this, and ends with it.
        for (int run = 0; run < 100; run++)
            reactor.Run(TimeSpan.FromMicroseconds(30));
        Assert.That(task.Turns, Is.GreaterThanOrEqualTo(100));
    }

    [Test]
    public void A_transfer_holds_the_memory_of_its_task_and_is_nothing_without_one()
    {
        using GuestMemory memory = new();
        memory.AllocateRegion(0x1000, 0x1000);
        using Reactor reactor = new(new ReactorOptions { OwnThread = false });
        using Told task = new(reactor, memory), other = new(reactor, memory), without = new(reactor);
        int transfer = task.Begin();
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, TimeSpan.FromMilliseconds(1)), Is.EqualTo(GuestMemoryRemoval.Busy));
        task.End(transfer);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, Long), Is.EqualTo(GuestMemoryRemoval.Removed));
        without.End(without.Begin());
    }

    [Test]
    public void A_task_that_is_started_twice_gets_one_turn_at_a_time()
    {
        using Reactor reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Always });
        using Told task = new(reactor);
        task.Start();
        task.Start();
        reactor.Run(TimeSpan.Zero);
        Assert.That(task.Turns, Is.EqualTo(1));
        reactor.Run(TimeSpan.Zero);
        Assert.That(task.Turns, Is.EqualTo(2));
    }

    [Test]
    public void A_task_that_leaves_while_it_is_awake_gets_no_turn_and_no_sleep()
    {
        using Reactor reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        Told first = new(reactor), second = new(reactor);
        first.Start();
        second.Start();
        reactor.Run(TimeSpan.Zero); // takes them in
        first.InTurn = () =>
        {
            first.Dispose();
            second.Dispose();
        };
        reactor.Run(TimeSpan.Zero);
        Assert.That(first.Turns, Is.EqualTo(2));
        Assert.That(second.Turns, Is.EqualTo(1));
        Assert.That(reactor.GetStatistics().Sleeps, Is.Zero);
        reactor.Run(TimeSpan.Zero);
        Assert.That(reactor.TaskCount, Is.Zero);
    }
}
