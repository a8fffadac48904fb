using System.Diagnostics;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// A thread that is not of the pool rings, as a vCPU's would; the follower, an asynchronous method, answers by a futex
/// that the ringer sleeps on. Timed is the way there alone, by both sides' clocks: an asynchronous follower that is
/// rung from the pool would be resumed by the ringer's own thread, and nothing would have been woken.
/// </summary>
internal sealed class AnswerShape(string name, IDoorbell doorbell) : Shape(name)
{
    private readonly FutexWord _answer = new();
    private long _rung;
    private long _ticks;
    private uint _next;

    public override int FirstOperations => 50;

    public override int MostOperations => 5000;

    public override void Dispose()
    {
        _answer.Dispose();
        (doorbell as IDisposable)?.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        _ticks = 0;
        var follower = FollowAsync(operations);
        for (var i = 0; i < operations; i++)
        {
            var last = _next;
            _next = (_next + 1) & 0xFFFF;
            _rung = Stopwatch.GetTimestamp();
            doorbell.Ring(_next);
            _answer.WaitWhile(last);
        }
        follower.GetAwaiter().GetResult();
        return NsOf(_ticks) / operations;
    }

    private async Task FollowAsync(int operations)
    {
        for (var i = 0; i < operations; i++)
        {
            await doorbell.WaitAsync().ConfigureAwait(false);
            _ticks += Stopwatch.GetTimestamp() - _rung;
            _answer.Wake(doorbell.Take());
        }
    }
}
