using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>Sleeps through the polled face: Pending, rung, called back, Ready.</summary>
internal sealed class PollWorkload : IWorkload
{
    private readonly DoorbellMemory _memory = new(DoorbellMemory.MinCount);
    private readonly DoorbellState _state;
    private readonly Waker _waker;
    private long _woken;
    private uint _next;

    public PollWorkload()
    {
        _state = _memory.Open(0, DoorbellMemory.MaxLimit);
        _waker = Waker.FromCallback(static self => ((PollWorkload)self!)._woken++, this);
    }

    public void Run(long cycles)
    {
        _woken = 0;
        for (var i = 0L; i < cycles; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            var asleep = _state.Poll(_waker, out _) == DoorbellPoll.Pending;
            _memory.Ring(0, _next);
            if (!asleep || _state.TryPoll(out var value) != DoorbellPoll.Ready || value != _next)
                throw new InvalidOperationException("A wake was lost.");
        }
        if (_woken != cycles) throw new InvalidOperationException($"{_woken} wakes of {cycles} sleeps.");
    }

    public void Dispose()
    {
        _memory.Dispose();
        _waker.Dispose();
    }
}
