using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The polled face of a doorbell of ours: Pending, rung, called back, Ready, on one thread.</summary>
internal sealed class CorePollShape : Shape
{
    private readonly DoorbellMemory _memory;
    private readonly DoorbellState _state;
    private readonly Waker _waker;
    private uint _next;
    private int _woken;

    public CorePollShape(string name, DoorbellBarrier barrier)
        : base(name)
    {
        _memory = new DoorbellMemory(DoorbellMemory.MinCount, barrier: barrier);
        _state = _memory.Open(0, DoorbellMemory.MaxLimit);
        _waker = Waker.FromCallback(static self => ((CorePollShape)self!)._woken++, this);
    }

    public override void Dispose()
    {
        _memory.Dispose();
        _waker.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        _woken = 0;
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            var asleep = _state.Poll(_waker, out _) == DoorbellPoll.Pending;
            _memory.Ring(0, _next);
            if (!asleep || _state.TryPoll(out var value) != DoorbellPoll.Ready || value != _next)
                throw new InvalidOperationException($"{Name}: a wake was lost.");
        }
        var ns = NsSince(begin, operations);
        return _woken == operations ? ns : throw new InvalidOperationException($"{Name}: a wake was lost or doubled.");
    }
}
