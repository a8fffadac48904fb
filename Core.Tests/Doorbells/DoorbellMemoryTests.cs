using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
[TestFixture(DoorbellBarrier.Adaptive)]
public sealed class DoorbellMemoryTests(DoorbellBarrier barrier)
{
    private DoorbellMemory _memory = null!;

    [SetUp]
    public void SetUp() => _memory = new DoorbellMemory(8, 0, barrier);

    [TearDown]
    public void TearDown() => _memory.Dispose();

    [Test]
    public void A_doorbell_opens_at_zero_and_carries_what_is_rung()
    {
        DoorbellState state = _memory.Open(2, 16);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.Zero);
        Assert.That(_memory.Ring(2, 7), Is.EqualTo(RingResult.Ok));
        Assert.That(state.HasChanged, Is.True);
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(7));
        Assert.That(state.HasChanged, Is.False);
    }

    [TestCase(16u)]
    [TestCase(0xFFFFu)]
    public void Edge01_A_value_at_or_above_the_limit_changes_nothing(uint bad)
    {
        DoorbellState state = _memory.Open(2, 16);
        _memory.Ring(2, 15);
        Assert.That(_memory.Ring(2, bad), Is.EqualTo(RingResult.InvalidValue));
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(15));
    }

    [Test]
    public void Edge02_The_same_value_again_is_no_change_and_wakes_nobody()
    {
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        DoorbellState state = _memory.Open(2, 16);
        _memory.Ring(2, 5);
        state.TryPoll(out _);
        Assert.That(state.Poll(waker, out _), Is.EqualTo(DoorbellPoll.Pending));
        _memory.Ring(2, 5);
        Assert.That(calls, Is.Zero);
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Pending));
        _memory.Ring(2, 6);
        Assert.That(calls, Is.EqualTo(1), "it still slept");
    }

    [Test]
    public void A_snapshot_says_where_a_doorbell_lives_and_what_its_task_does()
    {
        Assert.That(_memory.GetSnapshot(2), Is.EqualTo(new DoorbellSnapshot(2, DoorbellHomeKind.Closed, 0, null, 0, DoorbellSleeper.None)));
        using Waker waker = Waker.FromCallback(_ => { }, null);
        DoorbellState state = _memory.Open(2, 16);
        _memory.Ring(2, 3);
        Assert.That(_memory.GetSnapshot(2), Is.EqualTo(new DoorbellSnapshot(2, DoorbellHomeKind.Private, 3, null, 16, DoorbellSleeper.None)));
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(_memory.GetSnapshot(2).Sleeper, Is.EqualTo(DoorbellSleeper.Asleep));
        _memory.Ring(2, 4);
        Assert.That(_memory.GetSnapshot(2).Sleeper, Is.EqualTo(DoorbellSleeper.Woken));
        state.TryPoll(out _);
        state.Poll(waker, out _);
        waker.EndSleep();
        Assert.That(_memory.GetSnapshot(2).Sleeper, Is.EqualTo(DoorbellSleeper.Awake));
        Assert.That(() => _memory.GetSnapshot(8), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Edge04_Reserved_bits_are_masked()
    {
        DoorbellState state = _memory.Open(2, 16);
        Assert.That(_memory.Ring(2, 0xABCD_0003), Is.EqualTo(RingResult.Ok));
        state.TryPoll(out uint value);
        Assert.That(value, Is.EqualTo(3));
    }

    [Test]
    public void Edge05_Doorbells_that_do_not_exist_are_refused()
    {
        Assert.That(_memory.Ring(2, 1), Is.EqualTo(RingResult.Closed));
        Assert.That(_memory.Ring(8, 1), Is.EqualTo(RingResult.OutOfRange));
        Assert.That(_memory.Ring(-1, 1), Is.EqualTo(RingResult.OutOfRange));
        Assert.That(_memory.Ring(int.MaxValue, 1), Is.EqualTo(RingResult.OutOfRange));
        Assert.That(_memory.Kick(8), Is.EqualTo(RingResult.OutOfRange));
    }

    [Test]
    public void Edge06_A_doorbell_opened_again_starts_at_zero_and_leaves_the_old_follower_closed()
    {
        DoorbellState old = _memory.Open(2, 16);
        _memory.Ring(2, 9);
        _memory.Close(2);
        Assert.That(_memory.Ring(2, 3), Is.EqualTo(RingResult.Closed));
        DoorbellState state = _memory.Open(2, 16);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.Zero);
        Assert.That(old.TryPoll(out _), Is.EqualTo(DoorbellPoll.Closed));
        _memory.Ring(2, 4);
        Assert.That(old.TryPoll(out _), Is.EqualTo(DoorbellPoll.Closed));
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
    }

    [Test]
    public void Edge06_A_follower_that_missed_the_close_cannot_make_a_later_ring_look_like_no_news()
    {
        using Waker stale = Waker.FromCallback(static _ => { }, null);
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        DoorbellState old = _memory.Open(2, 16);
        _memory.Ring(2, 9);
        old.TryPoll(out _);
        _memory.Close(2);
        DoorbellState state = _memory.Open(2, 16);
        Assert.That(state.Poll(waker, out _), Is.EqualTo(DoorbellPoll.Pending));
        old.Arm(stale); // says "I know 9", and wants to be woken: both about the earlier opening
        _memory.Ring(2, 9);
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public void A_disposed_memory_has_no_doorbells()
    {
        DoorbellState state = _memory.Open(2, 16);
        _memory.Dispose();
        Assert.That(_memory.Ring(2, 1), Is.EqualTo(RingResult.OutOfRange));
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Closed));
        Assert.That(() => _memory.Open(2, 16), Throws.TypeOf<ObjectDisposedException>());
    }

    [TestCase(1, 0)]
    [TestCase(DoorbellMemory.MaxCount + 1, 0)]
    [TestCase(8, -1)]
    [TestCase(8, 9)]
    public void Edge39_Counts_and_strides_out_of_range_are_refused(int count, int stride) =>
        Assert.That(() => new DoorbellMemory(count, stride, barrier), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Edge39_A_barrier_that_does_not_exist_is_refused() =>
        Assert.That(() => new DoorbellMemory(8, 0, (DoorbellBarrier)4), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(0u)]
    [TestCase(1u)]
    [TestCase(65537u)]
    public void Edge39_Limits_out_of_range_are_refused(uint limit) =>
        Assert.That(() => _memory.Open(2, limit), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Edge39_A_doorbell_opens_once()
    {
        _memory.Open(2, 16);
        Assert.That(() => _memory.Open(2, 16), Throws.InvalidOperationException);
        Assert.That(() => _memory.Open(8, 16), Throws.InstanceOf<ArgumentOutOfRangeException>());
        _memory.Close(3);
        _memory.Close(99);
    }

    [Test]
    public void Edge42_Ten_thousand_memories_come_and_go_without_growth()
    {
        long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
        if (!OperatingSystem.IsLinux()) return;
        for (int i = 0; i < 500; i++) new DoorbellMemory(130, 0, barrier).Dispose();
        long before = Resident();
        for (int i = 0; i < 10_000; i++)
        {
            using var memory = new DoorbellMemory(130, 0, barrier);
            memory.Open(129, 64);
            memory.Ring(129, 1);
        }
        Assert.That(Resident() - before, Is.LessThan(32 << 20), "10,000 × 20 KiB would be 200 MiB");
    }
}
