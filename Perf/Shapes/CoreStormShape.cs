using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>Rings every doorbell of a crowd that sleeps, and waits until the last task has run.</summary>
internal sealed class CoreStormShape : Shape
{
    private readonly Reactor _reactor = new(new ReactorOptions());
    private readonly Crowd _crowd;
    private readonly int _doorbells;
    private long _ran;
    private uint _next;

    public CoreStormShape(string name, int doorbells)
        : base(name)
    {
        _doorbells = doorbells;
        _crowd = new Crowd(_reactor, doorbells, _ => Volatile.Write(ref _ran, _ran + 1));
    }

    public override int FirstOperations => 2;

    public override int LeastOperations => 2;

    public override int MostOperations => 200;

    public override void Dispose()
    {
        _crowd.Dispose();
        _reactor.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var ticks = 0L;
        for (var i = 0; i < operations; i++)
        {
            // Each has seen its last value; the reactor parks once all of them sleep.
            while (!_reactor.IsParked) Thread.SpinWait(1);
            RingSleeperShape.Settle();
            _next = (_next + 1) & 0xFFFF;
            var last = _ran + _doorbells;
            var begin = Stopwatch.GetTimestamp();
            for (var id = 0; id < _doorbells; id++) _crowd.Memory.Ring(id, _next);
            while (Volatile.Read(ref _ran) != last)
            {
            }
            ticks += Stopwatch.GetTimestamp() - begin;
        }
        return NsOf(ticks) / operations / _doorbells;
    }
}
