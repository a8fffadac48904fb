using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The awaitable face of a doorbell of ours: begun, rung and taken by one thread.</summary>
internal sealed class CoreAwaitShape : Shape
{
    private readonly DoorbellMemory _memory;
    private readonly DoorbellState _state;
    private uint _next;

    public CoreAwaitShape(string name, DoorbellBarrier barrier)
        : base(name)
    {
        _memory = new DoorbellMemory(DoorbellMemory.MinCount, barrier: barrier);
        _state = _memory.Open(0, DoorbellMemory.MaxLimit);
        _state.ResumeOn = ResumeOn.RingingThread;
    }

    public override void Dispose()
    {
        _memory.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            var wait = _state.WaitAsync();
            _memory.Ring(0, _next);
            if (!wait.IsCompleted || wait.Result.Value != _next)
                throw new InvalidOperationException($"{Name}: a wake was lost.");
        }
        return NsSince(begin, operations);
    }
}
