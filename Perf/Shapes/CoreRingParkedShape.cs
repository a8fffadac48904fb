using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>What a ring takes from the ringer that wakes a parked reactor of ours.</summary>
internal sealed class CoreRingParkedShape(string name, bool isNative) : Shape(name)
{
    private readonly Station _station = new(ReactorPolling.Never, DoorbellBarrier.Default, cpu: null, static _ => { });
    private readonly ulong[] _tookNs = new ulong[RingSleeperShape.Most];
    private uint _next;

    public override LatencyHistogram Latencies { get; } = new();

    public override int FirstOperations => 10;

    public override int MostOperations => RingSleeperShape.Most;

    public override void Dispose()
    {
        _station.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        if (isNative) return TimeNative(operations);
        var ticks = 0L;
        for (var i = 0; i < operations; i++)
        {
            _station.AwaitPark();
            RingSleeperShape.Settle();
            _next = (_next + 1) & 0xFFFF;
            var begin = Stopwatch.GetTimestamp();
            _station.Ring(_next);
            var took = Stopwatch.GetTimestamp() - begin;
            Latencies.Add((long)NsOf(took));
            ticks += took;
        }
        return NsOf(ticks) / operations;
    }

    private double TimeNative(int operations)
    {
        var ns = PeersLibrary.RingParked(
            _station.Memory.NativeView, 0, _station.ParkWord, (uint)operations, ref _tookNs[0]);
        foreach (var took in _tookNs.AsSpan(0, operations)) Latencies.Add((long)took);
        return ns;
    }
}
