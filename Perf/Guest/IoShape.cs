using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// Reads at a depth on one or more queues: the time from one command to the next by the clock, and the device's CPU time.
/// The guest's side is the measuring thread, and the reactor polls; each has a CPU.
/// </summary>
internal sealed class IoShape : Shape
{
    /// <summary>Where the reactor runs, and whatever it is compared with.</summary>
    public const int ReactorCpu = 1;

    private const int GuestCpu = 0;

    private readonly Reactor _reactor = new(new ReactorOptions { Polling = ReactorPolling.Always, Cpu = ReactorCpu });
    private readonly GuestDriver _guest;
    private readonly CpuClock _clock;
    private readonly LatencyHistogram? _latencies;
    private readonly int _depth;
    private double _cpuNs;

    /// <summary>Makes the shape.</summary>
    /// <param name="disk">What is read.</param>
    /// <param name="lengthBytes">Of each read.</param>
    /// <param name="queues">Queue pairs.</param>
    /// <param name="depth">Commands under way in each.</param>
    public IoShape(DiskKind disk, int lengthBytes, int queues, int depth)
        : base("")
    {
        _guest = new GuestDriver(_reactor, disk, IoOpcode.Read, lengthBytes, queues);
        _clock = new CpuClock(_reactor);
        _depth = depth;
        if (queues * depth == 1) _latencies = new LatencyHistogram();
    }

    public override LatencyHistogram? Latencies => _latencies;

    /// <summary>
    /// Each command of the queues once, at least. The driver has touched the guest's RAM, but not as a disk does that has
    /// the kernel write there: a page that the kernel reaches first is, on some machines, three times the read.
    /// </summary>
    public override int FirstOperations => Math.Max(LeastOperations, _guest.IoQueues.Count * GuestQueue.Entries);

    public override int LeastOperations => 512 + (4 * _depth * _guest.IoQueues.Count);

    public override Sample Measure(int operations) => base.Measure(operations) with { CpuNs = _cpuNs };

    public override void Dispose()
    {
        _guest.Dispose();
        _reactor.Dispose();
        _clock.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        using var pin = new CpuPin(GuestCpu);
        var cpu = _clock.ReadNs();
        var begin = Stopwatch.GetTimestamp();
        if (_latencies is null) RunDeep(operations);
        else RunOneByOne(operations);
        var ns = NsSince(begin, operations);
        _cpuNs = (double)(_clock.ReadNs() - cpu) / operations;
        return ns;
    }

    private void RunOneByOne(int operations)
    {
        var queue = _guest.IoQueues[0];
        var last = Stopwatch.GetTimestamp();
        for (var i = 0; i < operations; i++)
        {
            queue.Submit(1);
            while (queue.Reap(1) == 0)
            {
            }
            var now = Stopwatch.GetTimestamp();
            _latencies!.Add((long)NsOf(now - last));
            last = now;
        }
    }

    private void RunDeep(int operations)
    {
        var each = operations / _guest.IoQueues.Count;
        Span<int> unsubmitted = stackalloc int[_guest.IoQueues.Count];
        Span<int> underWay = stackalloc int[_guest.IoQueues.Count];
        for (var i = 0; i < _guest.IoQueues.Count; i++)
        {
            underWay[i] = Math.Min(_depth, each);
            unsubmitted[i] = each - underWay[i];
            _guest.IoQueues[i].Submit(underWay[i]);
        }
        for (var left = each * _guest.IoQueues.Count; left != 0;)
        {
            for (var i = 0; i < underWay.Length; i++)
            {
                var count = underWay[i] == 0 ? 0 : _guest.IoQueues[i].Reap(underWay[i]);
                if (count == 0) continue;
                left -= count;
                var more = Math.Min(count, unsubmitted[i]);
                unsubmitted[i] -= more;
                underWay[i] += more - count;
                if (more != 0) _guest.IoQueues[i].Submit(more);
            }
        }
    }
}
