using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>A thread that brings work to a parked reactor and does it itself.</summary>
public sealed class ReactorLoanTests
{
    private static readonly Func<bool> NotWanted = () => false;

    [Test]
    public void Work_that_is_brought_is_done_by_the_borrower_and_the_own_thread_sleeps_on()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64));
        task.Start();
        AwaitParked(reactor);
        long parks = reactor.GetStatistics().Parks;

        Assert.That(reactor.TryTakeOver(), Is.True);
        Assert.That(reactor.IsOwnThread, Is.True);
        doorbells.Ring(0, 7);
        reactor.HandBack(NotWanted);

        Assert.That((task.Value, task.Thread), Is.EqualTo((7u, Environment.CurrentManagedThreadId)));
        Assert.That(reactor.IsParked, Is.True);
        Assert.That(reactor.IsOwnThread, Is.False);
        Assert.That(reactor.GetStatistics().Parks, Is.EqualTo(parks));
    }

    [Test]
    public void A_ring_by_another_thread_during_the_loan_is_seen_before_its_end()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64));
        task.Start();
        AwaitParked(reactor);

        Assert.That(reactor.TryTakeOver(), Is.True);
        var ringer = new Thread(() => doorbells.Ring(0, 9));
        ringer.Start();
        ringer.Join();
        reactor.HandBack(NotWanted);

        Assert.That(task.Value, Is.EqualTo(9));
    }

    [Test]
    public void A_borrower_that_is_wanted_leaves_the_rest_to_the_own_thread()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64)) { TurnsLeft = 5 };
        task.Start();
        AwaitParked(reactor);
        int borrower = Environment.CurrentManagedThreadId;

        Assert.That(reactor.TryTakeOver(), Is.True);
        doorbells.Ring(0, 3);
        reactor.HandBack(() => true);

        Wait.Until(() => task.TurnsLeft == 0, "the rest of the work");
        Assert.That(task.Thread, Is.Not.EqualTo(borrower));
    }

    [Test]
    public void A_borrower_polls_itself_where_polling_pays_until_it_is_wanted()
    {
        using var reactor = NewReactor(ReactorPolling.Adaptive);
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 65536));
        task.Start();
        int borrower = Environment.CurrentManagedThreadId;
        uint value = 0;
        bool PollsForMore()
        {
            AwaitParked(reactor);
            // Not for a while after a turn that took long, as any does whose processor is taken away.
            if (!reactor.TryTakeOver())
                return false;
            int questions = 0;
            doorbells.Ring(0, ++value);
            reactor.HandBack(() =>
            {
                // The first question comes after the work, the second out of the polling, which finds what is rung here.
                if (++questions == 2)
                    doorbells.Ring(0, ++value);
                return questions == 4;
            });
            return questions == 4 && reactor.IsParked && (task.Value, task.Thread) == (value, borrower);
        }
        Wait.Until(PollsForMore, "a loan whose borrower polls");
    }

    [Test]
    public void A_borrower_whom_nobody_wants_polls_until_the_tasks_sleep_but_for_those_that_must_be_polled([Values] bool isOneRestless)
    {
        using var reactor = NewReactor(ReactorPolling.Adaptive);
        using var doorbells = new DoorbellMemory(4);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64));
        using var other = new FollowingTask(reactor, doorbells.Open(2, 64)) { MaySleep = !isOneRestless };
        task.Start();
        other.Start();
        uint value = 0;
        int questions = 0;
        bool Polls()
        {
            // Not where the reactor rests from polling, or from loans, as it does where the processor is taken away.
            if (!reactor.TryTakeOver())
                return false;
            questions = 0;
            doorbells.Ring(0, ++value % 64);
            reactor.HandBack(() => ++questions < 0);
            return questions > 1; // one after the work, the others out of the polling
        }
        Wait.Until(Polls, "a loan whose borrower polls");
        Wait.Until(() => task.Value == value % 64 && reactor.IsParked, "the tasks' sleep, or a nap");
    }

    [Test]
    public void A_task_that_is_taken_from_the_reactor_as_its_work_ends_is_buried_by_the_own_thread()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(4);
        using var other = new FollowingTask(reactor, doorbells.Open(2, 64));
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64)) { WhenIdle = other.Dispose };
        task.Start();
        other.Start();
        AwaitParked(reactor);

        Assert.That(reactor.TryTakeOver(), Is.True);
        doorbells.Ring(0, 7);
        reactor.HandBack(NotWanted);

        Wait.Until(() => reactor.TaskCount == 1 && reactor.IsParked, "the burial");
    }

    [Test]
    public void A_turn_that_takes_long_leaves_the_rest_to_the_own_thread()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64)) { TurnsLeft = 5, InTurn = BeBusy };
        task.Start();
        AwaitParked(reactor);
        int borrower = Environment.CurrentManagedThreadId;

        Assert.That(reactor.TryTakeOver(), Is.True);
        doorbells.Ring(0, 3);
        reactor.HandBack(NotWanted);

        Wait.Until(() => task.TurnsLeft == 0, "the rest of the work");
        Assert.That(task.Thread, Is.Not.EqualTo(borrower));
    }

    [Test]
    public void A_task_that_must_be_polled_is_left_to_the_own_thread()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64)) { MaySleep = false };
        task.Start();
        // It parks for as long as a nap takes.
        Wait.Until(reactor.TryTakeOver, "a nap");
        task.LastThread = 0;

        reactor.HandBack(NotWanted);

        Wait.Until(() => task.LastThread != 0 && task.LastThread != Environment.CurrentManagedThreadId, "a turn by the own thread");
    }

    [Test]
    public void A_borrower_goes_on_where_the_look_before_a_sleep_finds_something()
    {
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64));
        task.Start();
        AwaitParked(reactor);

        Assert.That(reactor.TryTakeOver(), Is.True);
        task.LooksWithWork = 2; // one at the end of an idle turn, one of the borrower's own
        doorbells.Ring(0, 7);
        reactor.HandBack(NotWanted);

        // By the own thread, if the system has made one of the borrower's turns a long one.
        Wait.Until(() => (task.Value, task.LooksWithWork) == (7u, 0) && reactor.IsParked, "both looks, and a sleep");
    }

    [Test]
    public void It_is_not_lent_twice_nor_awake_nor_without_a_thread_of_its_own()
    {
        using (var lent = new Reactor(new ReactorOptions { OwnThread = false }))
            Assert.That(lent.TryTakeOver(), Is.False);
        using (var polling = new Reactor(new ReactorOptions { Polling = ReactorPolling.Always }))
            Assert.That(polling.TryTakeOver(), Is.False);
        using var reactor = NewReactor();
        AwaitParked(reactor);
        Assert.That(() => reactor.HandBack(NotWanted), Throws.InvalidOperationException);
        Assert.That(reactor.TryTakeOver(), Is.True);
        Assert.That(reactor.TryTakeOver(), Is.False);
        reactor.HandBack(NotWanted);
    }

    [Test]
    public void A_time_that_a_task_has_asked_for_is_kept_by_the_own_thread(
        [Values(ReactorPolling.Never, ReactorPolling.Adaptive)] ReactorPolling polling)
    {
        using var reactor = NewReactor(polling);
        using var doorbells = new DoorbellMemory(2);
        using var task = new FollowingTask(reactor, doorbells.Open(0, 64)) { AsksForTime = true };
        task.Start();
        AwaitParked(reactor);

        Wait.Until(reactor.TryTakeOver, "a loan");
        doorbells.Ring(0, 1);
        reactor.HandBack(NotWanted);

        Wait.Until(() => task.WasDue, "the time");
    }

    [Test]
    public void Many_rings_against_many_loans_lose_nothing()
    {
        const int Rings = 20_000;
        using var reactor = NewReactor();
        using var doorbells = new DoorbellMemory(4);
        using var first = new FollowingTask(reactor, doorbells.Open(0, 65536));
        using var second = new FollowingTask(reactor, doorbells.Open(2, 65536));
        first.Start();
        second.Start();
        bool isOver = false;
        var borrower = new Thread(() =>
        {
            uint turn = 0;
            while (!Volatile.Read(ref isOver))
            {
                if (reactor.TryTakeOver())
                    reactor.HandBack(() => ++turn % 7 == 0);
            }
        });
        var other = new Thread(() => RingAll(doorbells, 2, Rings));
        borrower.Start();
        other.Start();
        RingAll(doorbells, 0, Rings);
        other.Join();

        Wait.Until(() => first.Value == Rings && second.Value == Rings, "the last values");
        Volatile.Write(ref isOver, true);
        borrower.Join();
        Assert.That(first.Overlaps + second.Overlaps, Is.Zero, "turns at the same time");
    }

    private static void RingAll(DoorbellMemory doorbells, int id, int count)
    {
        for (int value = 1; value <= count; value++)
            doorbells.Ring(id, (uint)value);
    }

    /// <summary>Longer than a borrower puts up with.</summary>
    private static void BeBusy()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(6)) Thread.SpinWait(20);
    }

    // Where it polls: a sleep of less than a second is one that could have been polled through.
    private static Reactor NewReactor(ReactorPolling polling = ReactorPolling.Never) =>
        new(new ReactorOptions { Polling = polling, PollMax = TimeSpan.FromSeconds(1) });

    private static void AwaitParked(Reactor reactor) => Wait.Until(() => reactor.IsParked, "the reactor to park");

    private sealed class FollowingTask(Reactor reactor, DoorbellState state) : ReactorTask(reactor)
    {
        private static int _turning;

        public uint Value => Volatile.Read(ref _value);

        private uint _value;

        public int Thread { get; private set; }

        /// <summary>So many turns more are work.</summary>
        public int TurnsLeft { get; set; }

        public Action? InTurn { get; init; }

        /// <summary>In turns after a ring that find nothing more to do.</summary>
        public Action? WhenIdle { get; init; }

        /// <summary>Who took the last turn.</summary>
        public int LastThread { get => Volatile.Read(ref _lastThread); set => Volatile.Write(ref _lastThread, value); }

        private int _lastThread;

        public bool MaySleep { get; init; } = true;

        /// <summary>So many looks before a sleep find work.</summary>
        public int LooksWithWork { get; set; }

        public bool AsksForTime { get; init; }

        public bool WasDue { get; private set; }

        public int Overlaps { get; private set; }

        protected override bool Turn()
        {
            if (Interlocked.Increment(ref _turning) != 1)
                Overlaps++;
            LastThread = Environment.CurrentManagedThreadId;
            bool isNew = state.TryPoll(out uint value) == DoorbellPoll.Ready;
            if (isNew)
            {
                if (AsksForTime)
                    TurnAfter(Stopwatch.Frequency / 20);
                Volatile.Write(ref _value, value);
            }
            bool worked = isNew || (value != 0 && TurnsLeft > 0);
            if (worked)
            {
                Thread = Environment.CurrentManagedThreadId;
                TurnsLeft = Math.Max(0, TurnsLeft - 1);
                InTurn?.Invoke();
            }
            else if (value != 0)
            {
                WhenIdle?.Invoke();
            }
            WasDue |= IsDue;
            Interlocked.Decrement(ref _turning);
            return worked;
        }

        protected override bool PrepareSleep()
        {
            state.Arm(Waker);
            return MaySleep;
        }

        protected override bool HasWork()
        {
            if (LooksWithWork == 0) return state.HasChanged;
            LooksWithWork--;
            return true;
        }
    }
}
