using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>
/// Real threads, seeded. Oracle of conservation: the last value rung is seen in the end, whatever happened on the way;
/// a lost wake leaves a sleeper behind and fails by its deadline.
/// </summary>
public sealed unsafe class StressTests
{
    private const int Rounds = 3_000;

    private sealed class Follower : ReactorTask
    {
        private readonly DoorbellState[] _states;
        private readonly uint[] _last;
        private string? _backwards;

        public Follower(Reactor reactor, DoorbellState[] states)
            : base(reactor)
        {
            _states = states;
            _last = new uint[states.Length];
            Start();
        }

        /// <summary>A value that was older than the one seen before it, if there was one.</summary>
        public string? Backwards => Volatile.Read(ref _backwards);

        public uint Last(int index) => Volatile.Read(ref _last[index]);

        protected override bool Turn()
        {
            bool any = false;
            for (int i = 0; i < _states.Length; i++)
            {
                if (_states[i].TryPoll(out uint value) != DoorbellPoll.Ready) continue;
                if ((value + 65535 - _last[i]) % 65535 > 65535 / 2) Volatile.Write(ref _backwards, $"{_last[i]} → {value}");
                Volatile.Write(ref _last[i], value);
                any = true;
            }
            return any;
        }

        protected override bool PrepareSleep()
        {
            foreach (DoorbellState state in _states) state.Arm(Waker);
            return true;
        }

        protected override bool HasWork() => Array.Exists(_states, state => state.HasChanged);
    }

    [Test]
    public void No_ring_is_lost_against_sleep_polling_and_home_switches(
        [Values] ReactorPolling polling,
        [Values(DoorbellBarrier.Asymmetric, DoorbellBarrier.Symmetric, DoorbellBarrier.Adaptive)] DoorbellBarrier barrier,
        [Values] bool switching)
    {
        int seed = Seed.Next();
        using var guest = new GuestMemory();
        guest.AllocateRegion(0, 0x4000);
        using var memory = new DoorbellMemory(4, 0, barrier);
        using var reactor = new Reactor(new ReactorOptions { Polling = polling, PollMax = TimeSpan.FromMicroseconds(20) });
        DoorbellState[] states = [memory.Open(0, 65536), memory.Open(1, 65536)];
        using var follower = new Follower(reactor, states);
        int stop = 0;
        var switcher = new Thread(() =>
        {
            var random = new Random(seed);
            while (switching && Volatile.Read(ref stop) == 0)
            {
                if (random.Next(3) == 0) memory.UsePrivate();
                else memory.TryUseShadow(guest, (ulong)random.Next(2) * 0x2000, 0x1000);
                Thread.SpinWait(random.Next(2000));
            }
        });
        switcher.Start();
        Thread[] ringers = [.. Enumerable.Range(0, 2).Select(id => new Thread(() => RingAndWait(id)))];
        foreach (Thread ringer in ringers) ringer.Start();
        foreach (Thread ringer in ringers) ringer.Join();
        Volatile.Write(ref stop, 1);
        switcher.Join();
        Assert.That(_failure, Is.Null, Seed.Replay(seed));
        Assert.That(follower.Backwards, Is.Null, Seed.Replay(seed));

        void RingAndWait(int id)
        {
            var random = new Random(seed + id);
            try
            {
                uint value = 0;
                for (int i = 0; i < Rounds; i++)
                {
                    int burst = random.Next(1, 4);
                    for (int b = 0; b < burst; b++) memory.Ring(id, value = value % 65535 + 1);
                    if (random.Next(4) != 0) continue;
                    uint expected = value;
                    Wait.Until(() => follower.Last(id) == expected, $"doorbell {id} to be seen at {expected}");
                }
                Wait.Until(() => follower.Last(id) == value, $"doorbell {id} to end at {value}");
            }
            catch (Exception e)
            {
                _failure = e;
            }
        }
    }

    private volatile Exception? _failure;

    [Test]
    public void Edge11_Of_rings_cancellations_and_closes_against_one_wait_exactly_one_ends_it(
        [Values] ResumeOn resumeOn, [Values(DoorbellBarrier.Asymmetric, DoorbellBarrier.Symmetric)] DoorbellBarrier barrier)
    {
        int seed = Seed.Next();
        var random = new Random(seed);
        using var memory = new DoorbellMemory(2, 0, barrier);
        using var barrierOfThree = new Barrier(3);
        CancellationTokenSource? source = null;
        uint value = 0;
        int rounds = 1000, closes = 0;
        bool closing = false;
        var ringer = new Thread(() => EachRound(() => memory.Ring(0, value)));
        var ender = new Thread(() => EachRound(() =>
        {
            if (closing) memory.Close(0);
            else source!.Cancel();
        }));
        ringer.Start();
        ender.Start();
        DoorbellState state = memory.Open(0, 65536);
        for (int i = 0; i < rounds; i++)
        {
            state.ResumeOn = resumeOn;
            using var next = new CancellationTokenSource();
            (source, closing, value) = (next, random.Next(2) == 0, state.Value + 1 & 0xFFF);
            ValueTask<DoorbellChange> wait = state.WaitAsync(next.Token);
            int ends = 0;
            Task<DoorbellChange> task = wait.AsTask();
            Task counted = task.ContinueWith(_ => Interlocked.Increment(ref ends), TaskScheduler.Default);
            barrierOfThree.SignalAndWait();
            barrierOfThree.SignalAndWait();
            Wait.Until(() => counted.IsCompleted, $"wait {i} to end. {Seed.Replay(seed)}");
            Assert.That(ends, Is.EqualTo(1), Seed.Replay(seed));
            if (task.Status == TaskStatus.RanToCompletion && task.Result.Outcome == DoorbellPoll.Ready)
                Assert.That(task.Result.Value, Is.EqualTo(value), Seed.Replay(seed));
            if (!closing) continue;
            closes++;
            memory.Close(0);
            state = memory.Open(0, 65536);
        }
        ringer.Join();
        ender.Join();
        Assert.That(closes, Is.Positive);

        void EachRound(Action act)
        {
            for (int i = 0; i < rounds; i++)
            {
                barrierOfThree.SignalAndWait();
                act();
                barrierOfThree.SignalAndWait();
            }
        }
    }
}
