using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// Doorbells of ours that are open, followed, and whose follower is awake: the state of a busy queue's doorbell. It is
/// reached by a sleep and a wake each.
/// </summary>
internal sealed class CoreDoorbells : IDisposable
{
    private readonly DoorbellState[] _states;
    private readonly Waker[] _wakers;
    private int _wakes;

    public CoreDoorbells(int count, DoorbellBarrier barrier = DoorbellBarrier.Default)
    {
        Memory = new DoorbellMemory(count, barrier: barrier);
        _states = [.. Enumerable.Range(0, count).Select(id => Memory.Open(id, DoorbellMemory.MaxLimit))];
        _wakers = [.. _states.Select(_ => Waker.FromCallback(
            static self => Interlocked.Increment(ref ((CoreDoorbells)self!)._wakes), this))];
        for (var id = 0; id < count; id++)
        {
            var asleep = _states[id].Poll(_wakers[id], out _) == DoorbellPoll.Pending;
            var rung = Memory.Ring(id, 1) == RingResult.Ok;
            var awake = _states[id].TryPoll(out var value) == DoorbellPoll.Ready && value == 1;
            if (!asleep || !rung || !awake || _wakes != id + 1)
                throw new InvalidOperationException("A wake was lost or doubled.");
        }
    }

    /// <summary>The doorbells.</summary>
    public DoorbellMemory Memory { get; }

    public void Dispose()
    {
        Memory.Dispose();
        foreach (var waker in _wakers) waker.Dispose();
    }
}
