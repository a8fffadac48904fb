using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>What a ring takes from the ringer that wakes a parked reactor of ours.</summary>
internal sealed class CoreRingParkedShape(string name, bool isNative) : Shape(name)
{
    private readonly Station _station = new(ReactorPolling.Never, DoorbellBarrier.Default, cpu: null, static _ => { });
    private uint _next;

    public override int FirstOperations => 10;

    public override int MostOperations => RingSleeperShape.Most;

    public override void Dispose()
    {
        _station.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        if (isNative)
            return PeersLibrary.RingParked(_station.Memory.NativeView, 0, _station.ParkWord, (uint)operations);
        var ticks = 0L;
        for (var i = 0; i < operations; i++)
        {
            _station.AwaitPark();
            RingSleeperShape.Settle();
            _next = (_next + 1) & 0xFFFF;
            var begin = Stopwatch.GetTimestamp();
            _station.Ring(_next);
            ticks += Stopwatch.GetTimestamp() - begin;
        }
        return NsOf(ticks) / operations;
    }
}
