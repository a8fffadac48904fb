using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>Tasks that ask for a turn at a time, by a clock of the test's.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Once = TimeSpan.Zero;
    private static readonly long Second = Stopwatch.Frequency;

    private Reactor _reactor = null!;
    private long _now;

    private sealed class Timed : ReactorTask
    {
        public Timed(Reactor reactor)
            : base(reactor) => Start();

        public int Due { get; private set; }

        public int Turns { get; private set; }

        public Action? OnTurn { get; set; }

        public Action? OnPrepareSleep { get; set; }

        protected override bool Turn()
        {
            Turns++;
            if (IsDue) Due++;
            IsDue = false;
            OnTurn?.Invoke();
            return false;
        }

        protected override bool PrepareSleep()
        {
            OnPrepareSleep?.Invoke();
            return true;
        }

        protected override bool HasWork() => false;
    }

    [SetUp]
    public void SetUp()
    {
        _now = 1;
        _reactor = new Reactor(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never }) { Clock = () => _now };
    }

    [TearDown]
    public void TearDown() => _reactor.Dispose();

    [Test]
    public void A_sleeping_task_gets_its_turn_when_its_time_has_come_and_not_before()
    {
        using Timed task = Asleep();
        task.TurnAfter(100);
        _now += 99;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.Zero);
        _now++;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.EqualTo(1));
        _now += 1000;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.EqualTo(1), "once");
    }

    [Test]
    public void A_later_wish_takes_the_place_of_an_earlier_one_and_zero_of_all()
    {
        using Timed task = Asleep();
        task.TurnAfter(0);
        task.TurnAfter(100);
        task.TurnAfter(200);
        _now += 150;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.Zero);
        task.TurnAfter(0);
        _now += 150;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.Zero);
    }

    [Test]
    public void A_task_that_is_awake_when_its_time_comes_is_due_in_its_turn()
    {
        using Timed task = Asleep();
        task.TurnAfter(100);
        task.Waker.Wake();
        _now += 100;
        _reactor.Run(Once);
        Assert.That(task.Due, Is.EqualTo(1));
    }

    [Test]
    public void A_sleep_that_is_claimed_when_its_time_comes_ends_by_the_ready_list()
    {
        using Timed task = Asleep();
        task.TurnAfter(100);
        bool wakes = true;
        _reactor.Clock = () =>
        {
            if (wakes) task.Waker.Wake(); // after the turn has taken what is ready, before it looks at times
            wakes = false;
            return 1000;
        };
        int before = task.Turns;
        _reactor.Run(Once);
        Assert.That(task.Turns, Is.EqualTo(before));
        _reactor.Run(Once);
        Assert.That(task.Due, Is.EqualTo(1));
    }

    [Test]
    public void The_last_stretch_before_a_time_is_turned_through()
    {
        using Timed task = Asleep();
        task.TurnAfter(50);
        task.OnTurn = () =>
        {
            if (task.Due == 1) _reactor.Stop();
        };
        _reactor.Clock = () => _now++;
        _reactor.Run(Timeout.InfiniteTimeSpan);
        Assert.That((task.Due, _reactor.GetStatistics().Parks), Is.EqualTo((1, 0L)));
    }

    [Test]
    public void A_task_that_has_left_gets_no_turn()
    {
        Timed task = Asleep();
        task.TurnAfter(100);
        int before = task.Turns;
        task.Dispose();
        _now += 100;
        _reactor.Run(Once);
        Assert.That(task.Turns, Is.EqualTo(before));
    }

    [Test]
    public void A_park_lasts_no_longer_than_to_the_first_time()
    {
        _reactor.Clock = Stopwatch.GetTimestamp;
        using Timed first = Asleep(), second = Asleep();
        second.TurnAfter(3600 * Second);
        first.TurnAfter(Second / 200);
        first.OnTurn = _reactor.Stop;
        Assert.That(_reactor.Run(Timeout.InfiniteTimeSpan), Is.True);
        Assert.That(first.Due, Is.EqualTo(1));
        first.TurnAfter(Second / 200);
        _reactor.Run(TimeSpan.FromSeconds(30)); // the time comes first
        Assert.That(first.Due, Is.EqualTo(2));
        _reactor.Run(TimeSpan.FromMilliseconds(1)); // the time is an hour away
        Assert.That(second.Due, Is.Zero);
    }

    [Test]
    public void A_wish_that_is_taken_back_while_its_task_goes_to_sleep_shortens_no_park()
    {
        using Timed task = Asleep();
        task.TurnAfter(100);
        task.OnPrepareSleep = () => task.TurnAfter(0);
        task.Waker.Wake();
        long parks = _reactor.GetStatistics().Parks;
        _reactor.Run(TimeSpan.FromMilliseconds(1));
        Assert.That(_reactor.GetStatistics().Parks, Is.GreaterThan(parks));
    }

    private Timed Asleep()
    {
        Timed task = new(_reactor);
        _reactor.Run(Once); // takes it in
        _reactor.Run(Once); // and sends it to sleep
        Assert.That(task.IsPolled, Is.False);
        return task;
    }
}
