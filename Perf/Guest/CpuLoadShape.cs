using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>The part of a core that the device takes while commands come at a fixed rate, one at a time.</summary>
internal sealed class CpuLoadShape : Shape
{
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(100);

    private readonly Reactor _reactor;
    private readonly GuestDriver _guest;
    private readonly CpuClock _clock;
    private readonly int _perSecond;

    public CpuLoadShape(ReactorPolling polling, int perSecond)
        : base("")
    {
        _reactor = new Reactor(new ReactorOptions { Polling = polling });
        _guest = new GuestDriver(_reactor, IoOpcode.Read, lengthBytes: 512);
        _clock = new CpuClock(_reactor);
        _perSecond = perSecond;
    }

    public override int FirstOperations => 1;

    public override int LeastOperations => 1;

    public override int MostOperations => 1;

    public override void Dispose()
    {
        _guest.Dispose();
        _reactor.Dispose();
        _clock.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        var cpu = _clock.ReadNs();
        var begin = Stopwatch.GetTimestamp();
        var end = begin + (long)(SampleTime.TotalSeconds * Stopwatch.Frequency);
        var step = _perSecond == 0 ? 0 : Stopwatch.Frequency / _perSecond;
        for (var next = begin; ;)
        {
            var now = Stopwatch.GetTimestamp();
            if (now >= end) break;
            if (_perSecond == 0)
            {
                Thread.Sleep(1);
            }
            else if (now >= next)
            {
                _guest.Submit(1);
                next += step;
            }
            _guest.Reap(64);
        }
        var elapsed = Stopwatch.GetElapsedTime(begin);
        var percent = (_clock.ReadNs() - cpu) / elapsed.TotalNanoseconds * 100;
        // What is under way still, before the next sample counts.
        for (var settle = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(settle) < TimeSpan.FromMilliseconds(1);) _guest.Reap(64);
        return percent;
    }
}
