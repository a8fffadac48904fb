using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

public sealed class ReactorTests
{
    /// <summary>Follows one doorbell and counts what it sees.</summary>
    private sealed class Follower : ReactorTask
    {
        private readonly DoorbellState _doorbell;
        private long _seen;
        private long _last;

        public Follower(Reactor reactor, DoorbellState doorbell)
            : base(reactor)
        {
            _doorbell = doorbell;
            Start();
        }

        public long Seen => Volatile.Read(ref _seen);

        public long Last => Volatile.Read(ref _last);

        public bool SawClose { get; private set; }

        public int Turns { get; private set; }

        /// <summary>Called between the last look and the sleep: before the doorbell is armed, then after the second look.</summary>
        public Action? BeforeSleep { get; set; }

        protected override bool Turn()
        {
            Turns++;
            DoorbellPoll poll = _doorbell.TryPoll(out uint value);
            if (poll == DoorbellPoll.Closed && !SawClose) return SawClose = true;
            if (poll != DoorbellPoll.Ready) return false;
            Volatile.Write(ref _last, value);
            Volatile.Write(ref _seen, _seen + 1);
            return true;
        }

        protected override bool PrepareSleep()
        {
            BeforeSleep?.Invoke();
            _doorbell.Arm(Waker);
            return _doorbell.CanSleep;
        }

        protected override bool HasWork()
        {
            bool hasWork = _doorbell.HasChanged && !SawClose;
            BeforeSleep?.Invoke();
            return hasWork;
        }
    }

    [Test]
    public void A_ring_reaches_its_task_whatever_the_polling(
        [Values] ReactorPolling polling, [Values(DoorbellBarrier.Asymmetric, DoorbellBarrier.Symmetric)] DoorbellBarrier barrier)
    {
        using var memory = new DoorbellMemory(8, 0, barrier);
        using var reactor = new Reactor(new ReactorOptions { Polling = polling });
        DoorbellState state = memory.Open(3, 65536);
        using var follower = new Follower(reactor, state);
        for (uint i = 1; i <= 2000; i++)
        {
            uint value = i;
            Assert.That(memory.Ring(3, value), Is.EqualTo(RingResult.Ok));
            Wait.Until(() => follower.Last == value, $"the task to see value {value}");
        }
        Assert.That(follower.Seen, Is.EqualTo(2000));
    }

    [TestCase(1, TestName = "Edge10_A_ring_between_the_last_look_and_the_arming_is_found_by_the_second_look")]
    [TestCase(2, TestName = "Edge10_A_ring_after_the_second_look_wakes")]
    public void Edge10_A_ring_on_the_way_to_sleep_is_not_lost(int step)
    {
        using var memory = new DoorbellMemory(8);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        var follower = new Follower(reactor, memory.Open(3, 16));
        int steps = 0;
        follower.BeforeSleep = () =>
        {
            if (++steps == step)
                Assert.That(memory.Ring(3, 7), Is.EqualTo(RingResult.Ok));
        };

        Wait.Until(() => reactor.Run(TimeSpan.Zero) && follower.Last == 7, "the value");

        Assert.That(reactor.GetStatistics().Wakes, Is.EqualTo(step == 1 ? 0 : 1));
        follower.Dispose();
    }

    [Test]
    public void Edge14_A_ring_gives_a_turn_to_its_own_task_and_to_none_of_hundreds_of_others()
    {
        const int Tasks = 600;
        using var memory = new DoorbellMemory(Tasks);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        Follower[] followers = [.. Enumerable.Range(0, Tasks).Select(id => new Follower(reactor, memory.Open(id, 16)))];
        Wait.Until(() => reactor.Run(TimeSpan.Zero) && reactor.GetStatistics().Sleeps == Tasks, "all to sleep");
        int[] before = [.. followers.Select(follower => follower.Turns)];

        for (uint value = 1; value <= 10; value++)
        {
            memory.Ring(417, value);
            Wait.Until(() => reactor.Run(TimeSpan.Zero) && followers[417].Last == value, "the value");
        }
        reactor.Run(TimeSpan.Zero);

        for (int id = 0; id < Tasks; id++)
        {
            if (id != 417)
                Assert.That(followers[id].Turns, Is.EqualTo(before[id]), $"task {id} had nothing to do");
            followers[id].Dispose();
        }
    }

    [Test]
    public void Edge39_Options_out_of_range_are_refused()
    {
        foreach (ReactorOptions options in new[]
        {
            new ReactorOptions { Polling = (ReactorPolling)3 },
            new ReactorOptions { PollMax = TimeSpan.FromMicroseconds(0.9) },
            new ReactorOptions { PollMax = TimeSpan.FromSeconds(1.1) },
        })
        {
            Assert.That(() => new Reactor(options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    [Test]
    public void A_reactor_with_a_thread_of_its_own_is_not_run_by_others()
    {
        using var reactor = new Reactor(new ReactorOptions());
        Assert.That(() => reactor.Run(TimeSpan.Zero), Throws.InvalidOperationException);
    }

    [Test]
    public void What_would_wait_for_itself_on_the_reactors_thread_is_refused()
    {
        var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        int refused = 0;
        reactor.Post(() =>
        {
            foreach (Action action in new Action[] { () => reactor.Run(TimeSpan.Zero), reactor.Dispose, () => reactor.Drive(() => true, TimeSpan.Zero) })
            {
                try
                {
                    action();
                }
                catch (InvalidOperationException)
                {
                    refused++;
                }
            }
        });
        reactor.Run(TimeSpan.Zero);
        Assert.That(refused, Is.EqualTo(3));
        reactor.Dispose();
        reactor.Dispose();
        Assert.That(() => reactor.Run(TimeSpan.Zero), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_lent_reactor_is_run_by_one_thread_at_a_time()
    {
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        bool? second = null;
        reactor.Post(() =>
        {
            Thread other = new(() => second = reactor.Run(TimeSpan.Zero));
            other.Start();
            other.Join();
        });
        Assert.That(reactor.Run(TimeSpan.Zero), Is.True);
        Assert.That(second, Is.False);
    }

    [Test]
    public void A_reactor_that_still_has_tasks_is_not_disposed()
    {
        using var memory = new DoorbellMemory(2);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        using var follower = new Follower(reactor, memory.Open(0, 16));
        Assert.That(reactor.Dispose, Throws.InvalidOperationException);
    }

    [Test]
    public void A_task_leaves_once_and_from_its_own_turn_too()
    {
        using var memory = new DoorbellMemory(2);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        var follower = new Follower(reactor, memory.Open(0, 16));
        reactor.Post(() =>
        {
            follower.Dispose();
            follower.Dispose();
        });
        reactor.Run(TimeSpan.Zero);
        reactor.Run(TimeSpan.Zero);
        Assert.That(reactor.TaskCount, Is.Zero);
    }

    [Test]
    public void A_task_whose_reactor_is_blocked_says_so_when_it_leaves()
    {
        using var memory = new DoorbellMemory(2);
        using var reactor = new Reactor(new ReactorOptions()) { LeaveTimeout = TimeSpan.FromMilliseconds(1) };
        using ManualResetEventSlim blocked = new();
        var follower = new Follower(reactor, memory.Open(0, 16));
        reactor.Post(blocked.Wait);
        Assert.That(follower.Dispose, Throws.InstanceOf<TimeoutException>());
        blocked.Set();
        Wait.Until(() => reactor.TaskCount == 0, "the task to leave");
    }

    [Test]
    public void A_close_wakes_a_sleeping_task()
    {
        using var memory = new DoorbellMemory(8);
        using var reactor = new Reactor(new ReactorOptions { Polling = ReactorPolling.Never });
        using var follower = new Follower(reactor, memory.Open(3, 16));
        Wait.Until(() => reactor.GetStatistics().Sleeps == 1, "the task to sleep");
        memory.Close(3);
        Wait.Until(() => follower.SawClose, "the task to see the close");
    }

    [Test]
    public void A_lent_reactor_runs_on_the_callers_thread()
    {
        using var memory = new DoorbellMemory(8);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        var follower = new Follower(reactor, memory.Open(3, 16));
        memory.Ring(3, 5);
        Assert.That(reactor.Run(TimeSpan.Zero), Is.True);
        Assert.That(follower.Last, Is.EqualTo(5));
        var stopper = new Thread(reactor.Stop);
        stopper.Start();
        Assert.That(reactor.Run(Timeout.InfiniteTimeSpan), Is.True);
        stopper.Join();
        follower.Dispose();
        Assert.That(reactor.TaskCount, Is.Zero);
    }

    [Test]
    public void Tasks_that_are_all_busy_together_for_the_first_time_allocate_nothing()
    {
        // The first wave of all is the runtime's: what it compiles and caches belongs to no reactor.
        AllocatedByTheFirstWave(tasks: 64);
        Assert.That(AllocatedByTheFirstWave(tasks: 64), Is.Zero);
    }

    private static long AllocatedByTheFirstWave(int tasks)
    {
        using var memory = new DoorbellMemory(tasks);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
        var followers = new Follower[tasks];
        for (int i = 0; i < tasks; i++)
        {
            followers[i] = new Follower(reactor, memory.Open(i, 16));
            // Asleep before the next one comes, so that never more than one is awake.
            int asleep = i + 1;
            Wait.Until(() => reactor.Run(TimeSpan.Zero) && reactor.GetStatistics().Sleeps == asleep, "the task to sleep");
        }
        for (int i = 0; i < tasks; i++) memory.Ring(i, 7);

        long before = GC.GetAllocatedBytesForCurrentThread();
        while (reactor.GetStatistics().Sleeps < 2 * tasks) reactor.Run(TimeSpan.Zero);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(followers.Select(follower => follower.Last), Is.All.EqualTo(7));
        foreach (Follower follower in followers) follower.Dispose();
        return allocated;
    }
}
