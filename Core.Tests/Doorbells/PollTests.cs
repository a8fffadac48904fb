using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
public sealed class PollTests(DoorbellBarrier barrier)
{
    private DoorbellMemory _memory = null!;
    private Waker _waker = null!;
    private int _calls;

    [SetUp]
    public void SetUp()
    {
        _memory = new DoorbellMemory(64, 0, barrier);
        _calls = 0;
        _waker = Waker.FromCallback(_ => Interlocked.Increment(ref _calls), null);
    }

    [TearDown]
    public void TearDown()
    {
        _waker.Dispose();
        _memory.Dispose();
    }

    [Test]
    public void A_change_before_the_poll_is_ready_and_registers_nothing()
    {
        DoorbellState state = _memory.Open(1, 16);
        _memory.Ring(1, 3);
        Assert.That(state.Poll(_waker, out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(3));
        _memory.Ring(1, 4);
        Assert.That(_calls, Is.Zero);
    }

    [Test]
    public void Edge11_Two_rings_against_one_sleep_are_one_wake()
    {
        DoorbellState state = _memory.Open(1, 16);
        Assert.That(state.Poll(_waker, out _), Is.EqualTo(DoorbellPoll.Pending));
        _memory.Ring(1, 3);
        _memory.Ring(1, 4);
        Assert.That(_calls, Is.EqualTo(1));
        Assert.That(state.Poll(_waker, out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(4));
    }

    [Test]
    public void One_waker_follows_many_doorbells_and_is_woken_once()
    {
        DoorbellState[] states = [.. Enumerable.Range(0, 64).Select(id => _memory.Open(id, 16))];
        foreach (DoorbellState state in states) Assert.That(state.Poll(_waker, out _), Is.EqualTo(DoorbellPoll.Pending));
        _memory.Ring(17, 1);
        _memory.Ring(42, 1);
        Assert.That(_calls, Is.EqualTo(1));
        Assert.That(states.Where(s => s.TryPoll(out _) == DoorbellPoll.Ready).Select(s => s.Id), Is.EqualTo(new[] { 17, 42 }));
    }

    [Test]
    public void Edge11_A_close_wakes_the_sleeper_once_and_says_closed()
    {
        DoorbellState state = _memory.Open(1, 16);
        state.Poll(_waker, out _);
        _memory.Close(1);
        _memory.Ring(1, 3);
        Assert.That(_calls, Is.EqualTo(1));
        Assert.That(state.Poll(_waker, out _), Is.EqualTo(DoorbellPoll.Closed));
    }

    [Test]
    public void A_kick_wakes_without_a_value_and_is_never_ready()
    {
        DoorbellState state = _memory.Open(1, 16);
        state.Poll(_waker, out _);
        Assert.That(_memory.Kick(1), Is.EqualTo(RingResult.Ok));
        Assert.That(_calls, Is.EqualTo(1));
        Assert.That(state.Poll(_waker, out _), Is.EqualTo(DoorbellPoll.Pending), "Edge13");
    }

    [Test]
    public void A_doorbell_no_longer_followed_wakes_nobody()
    {
        DoorbellState state = _memory.Open(1, 16);
        state.Poll(_waker, out _);
        state.Unfollow();
        _memory.Ring(1, 3);
        Assert.That(_calls, Is.Zero);
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Ready));
    }

    [Test]
    public unsafe void A_native_ring_calls_a_managed_waker_and_nobody_where_its_handle_is_anothers()
    {
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        var wake = (delegate* unmanaged<nint, void>)waker.Cell->Wake;
        wake(waker.Cell->Context);
        Assert.That(calls, Is.EqualTo(1));
        GCHandle other = GCHandle.Alloc(new object());
        wake(GCHandle.ToIntPtr(other));
        other.Free();
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public void Edge40_A_disposed_waker_is_called_no_more()
    {
        DoorbellState state = _memory.Open(1, 16);
        var waker = Waker.FromCallback(_ => Interlocked.Increment(ref _calls), null);
        state.Poll(waker, out _);
        waker.Dispose();
        waker.Dispose();
        _memory.Ring(1, 3);
        Assert.That(_calls, Is.Zero);
    }

    [Test]
    public unsafe void A_native_waker_is_called_with_its_context()
    {
        using Waker waker = Waker.FromNative((nint)(delegate* unmanaged<nint, void>)&OnWake, 4711);
        DoorbellState state = _memory.Open(1, 16);
        state.Poll(waker, out _);
        _memory.Ring(1, 3);
        Assert.That(s_context, Is.EqualTo((nint)4711));
    }

    private static nint s_context;

    [System.Runtime.InteropServices.UnmanagedCallersOnly]
    private static void OnWake(nint context) => s_context = context;
}
