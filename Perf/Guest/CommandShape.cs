using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// Whole commands at a queue depth: the guest's side on the measuring thread, the reactor on a thread of its own.
/// Measured is the reactor's CPU time, or how long a command takes to follow another.
/// </summary>
internal sealed class CommandShape : Shape
{
    /// <summary>So many queue depths: what is under way at the ends of a burst weighs little.</summary>
    private const int DepthsOfBurst = 32;

    private readonly Reactor _reactor;
    private readonly GuestDriver _guest;
    private readonly CpuClock _clock;
    private readonly int _depth;
    private readonly bool _isCpuTime;
    private readonly Bursts _bursts;

    public CommandShape(string name, ReactorPolling polling, IoOpcode opcode, int lengthBytes, int depth, bool isCpuTime)
        : base(name)
    {
        _reactor = new Reactor(new ReactorOptions { Polling = polling });
        _guest = new GuestDriver(_reactor, opcode, lengthBytes);
        _clock = new CpuClock(_reactor);
        _depth = depth;
        _bursts = new Bursts(DepthsOfBurst * depth);
        _isCpuTime = isCpuTime;
    }

    public override int FirstOperations => 2 * DepthsOfBurst * _depth;

    public override int LeastOperations => 16 * DepthsOfBurst * _depth;

    public override void Dispose()
    {
        _guest.Dispose();
        _reactor.Dispose();
        _clock.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        if (!_isCpuTime)
        {
            _bursts.Begin(operations);
            Run(_guest, operations, _depth, _bursts);
            return NsOf(_bursts.MiddleTicks());
        }
        var begin = _clock.ReadNs();
        Run(_guest, operations, _depth);
        return (double)(_clock.ReadNs() - begin) / operations;
    }

    /// <summary>Runs so many commands with so many under way.</summary>
    internal static void Run(GuestDriver guest, long commands, int depth, Bursts? bursts = null)
    {
        var first = (int)Math.Min(depth, commands);
        guest.Submit(first);
        var submitted = (long)first;
        for (var done = 0L; done < commands;)
        {
            var count = guest.Reap(depth);
            if (count == 0) continue;
            bursts?.EndRounds(count);
            done += count;
            var more = (int)Math.Min(count, commands - submitted);
            if (more == 0) continue;
            guest.Submit(more);
            submitted += more;
        }
    }
}
