using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// Ring to task runs, one way by the clocks of both sides, after the reactor has had nothing to do for a while. Ringer
/// and reactor have a CPU each.
/// </summary>
internal sealed class WakeLatencyShape : Shape
{
    private const int RingerCpu = 0;
    private const int ReactorCpu = 1;
    private static readonly TimeSpan SpinLimit = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(40);

    private readonly LatencyHistogram _latencies = new();
    private readonly Station _station;
    private readonly TimeSpan _idle;
    private readonly LargeHeap? _heap;
    private long _ranAt;
    private uint _seen;
    private uint _next;
    private bool _stop;

    /// <summary>Makes the shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="polling">How the reactor waits.</param>
    /// <param name="idle">How long it has had nothing to do.</param>
    /// <param name="heap">Collected again and again by another thread meanwhile; null: nothing is.</param>
    public WakeLatencyShape(string name, ReactorPolling polling, TimeSpan idle, LargeHeap? heap = null)
        : base(name)
    {
        _idle = idle;
        _heap = heap;
        _station = new Station(polling, DoorbellBarrier.Default, ReactorCpu, value =>
        {
            _ranAt = Stopwatch.GetTimestamp();
            Volatile.Write(ref _seen, value);
        });
    }

    public override LatencyHistogram Latencies => _latencies;

    public override int FirstOperations => 5;

    public override int LeastOperations => 5;

    public override int MostOperations => (int)Math.Clamp(SampleTime / _idle, 5, 2000);

    public override void Dispose()
    {
        _station.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        using var pin = new CpuPin(RingerCpu);
        var collector = StartCollecting();
        var sum = 0.0;
        for (var i = 0; i < operations; i++)
        {
            BeIdle();
            _next = (_next + 1) & 0xFFFF;
            var rung = Stopwatch.GetTimestamp();
            _station.Ring(_next);
            while (Volatile.Read(ref _seen) != _next)
            {
            }
            var ns = NsOf(_ranAt - rung);
            _latencies.Add((long)ns);
            sum += ns;
        }
        Volatile.Write(ref _stop, true);
        collector?.Join();
        return sum / operations;
    }

    private Thread? StartCollecting()
    {
        if (_heap is null) return null;
        Volatile.Write(ref _stop, false);
        var thread = new Thread(() =>
        {
            while (!Volatile.Read(ref _stop)) _heap.Collect();
        });
        thread.Start();
        return thread;
    }

    private void BeIdle()
    {
        if (_idle > SpinLimit)
        {
            Thread.Sleep(_idle);
            return;
        }
        var until = Stopwatch.GetTimestamp() + (long)(_idle.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < until) Thread.SpinWait(1);
    }
}
