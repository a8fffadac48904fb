using System.Diagnostics;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The same with asynchronous followers on the thread pool.</summary>
internal sealed class StormShape(string name, int doorbells, Func<IDoorbell> create) : Shape(name)
{
    private readonly IDoorbell[] _doorbells = [.. Enumerable.Range(0, doorbells).Select(_ => create())];
    private int _asleep;
    private int _ran;
    private uint _next;

    public override int FirstOperations => 2;

    public override int LeastOperations => 2;

    public override int MostOperations => 200;

    public override void Dispose()
    {
        foreach (var doorbell in _doorbells) (doorbell as IDisposable)?.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        _asleep = 0;
        _ran = 0;
        var followers = _doorbells.Select(doorbell => FollowAsync(doorbell, operations)).ToArray();
        var ticks = 0L;
        for (var i = 1; i <= operations; i++)
        {
            while (Volatile.Read(ref _asleep) != i * _doorbells.Length) Thread.SpinWait(1);
            RingSleeperShape.Settle();
            _next = (_next + 1) & 0xFFFF;
            var begin = Stopwatch.GetTimestamp();
            foreach (var doorbell in _doorbells) doorbell.Ring(_next);
            while (Volatile.Read(ref _ran) != i * _doorbells.Length)
            {
            }
            ticks += Stopwatch.GetTimestamp() - begin;
        }
        Task.WaitAll(followers);
        return NsOf(ticks) / operations / _doorbells.Length;
    }

    private async Task FollowAsync(IDoorbell doorbell, int operations)
    {
        for (var i = 0; i < operations; i++)
        {
            var wait = doorbell.WaitAsync();
            Interlocked.Increment(ref _asleep);
            await wait.ConfigureAwait(false);
            doorbell.Take();
            Interlocked.Increment(ref _ran);
        }
    }
}
