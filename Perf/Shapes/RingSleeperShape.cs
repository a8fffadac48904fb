using System.Diagnostics;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// What the ringer pays to wake a follower that sleeps: only the ring is timed. The follower is an asynchronous method
/// on the thread pool, and has had time to go to sleep.
/// </summary>
internal sealed class RingSleeperShape(string name, IDoorbell doorbell) : Shape(name)
{
    /// <summary>Longer than a pool thread or a reactor takes from its last look to the system call it sleeps in.</summary>
    private static readonly long SettleTicks = Stopwatch.Frequency / 2_000;

    /// <summary>Most wakes of one sample: each takes half a millisecond to prepare.</summary>
    public const int Most = 200;

    private int _sleeps;
    private uint _next;

    public override LatencyHistogram Latencies { get; } = new();

    public override int FirstOperations => 10;

    public override int MostOperations => Most;

    public override void Dispose()
    {
        (doorbell as IDisposable)?.Dispose();
        base.Dispose();
    }

    /// <summary>Spins until what has announced its sleep is asleep.</summary>
    internal static void Settle()
    {
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - begin < SettleTicks) Thread.SpinWait(1);
    }

    protected override double Time(int operations)
    {
        _sleeps = 0;
        var follower = FollowAsync(operations);
        var ticks = 0L;
        for (var i = 1; i <= operations; i++)
        {
            while (Volatile.Read(ref _sleeps) != i) Thread.SpinWait(1);
            Settle();
            _next = (_next + 1) & 0xFFFF;
            var begin = Stopwatch.GetTimestamp();
            doorbell.Ring(_next);
            var took = Stopwatch.GetTimestamp() - begin;
            Latencies.Add((long)NsOf(took));
            ticks += took;
        }
        follower.GetAwaiter().GetResult();
        return NsOf(ticks) / operations;
    }

    private async Task FollowAsync(int operations)
    {
        for (var i = 1; i <= operations; i++)
        {
            var wait = doorbell.WaitAsync();
            Volatile.Write(ref _sleeps, i);
            await wait.ConfigureAwait(false);
            doorbell.Take();
        }
    }
}
