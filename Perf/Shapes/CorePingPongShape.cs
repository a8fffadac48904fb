using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Two reactors that never poll; the task of each rings the doorbell of the other. One way is half a round.</summary>
internal sealed class CorePingPongShape : Shape
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Station _ping;
    private readonly Station _pong;
    private int _left;
    private uint _next;

    public CorePingPongShape(string name, bool isPinned = false, DoorbellBarrier barrier = DoorbellBarrier.Default)
        : base(name)
    {
        _pong = new Station(ReactorPolling.Never, barrier, isPinned ? 0 : null, Ask);
        _ping = new Station(ReactorPolling.Never, barrier, isPinned ? 1 : null, _pong.Ring);
    }

    public override int FirstOperations => 100;

    public override void Dispose()
    {
        _ping.Dispose();
        _pong.Dispose();
        _end.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        _left = operations;
        _end.Reset();
        var begin = Stopwatch.GetTimestamp();
        _next = (_next + 1) & 0xFFFF;
        _ping.Ring(_next);
        _end.Wait();
        return NsSince(begin, operations) / 2;
    }

    private void Ask(uint value)
    {
        if (--_left == 0)
        {
            _end.Set();
            return;
        }
        _next = (_next + 1) & 0xFFFF;
        _ping.Ring(_next);
    }
}
