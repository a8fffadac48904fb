using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// A thread rings a doorbell of ours; the task that follows it on a reactor answers by a word the ringer waits on: it
/// spins where the reactor polls, and sleeps on it where the reactor parks. One way is half a round.
/// </summary>
internal sealed class CoreAnswerShape : Shape
{
    private readonly FutexWord _answer = new();
    private readonly Bursts _bursts = new();
    private readonly Station _station;
    private readonly Crowd? _neighbours;
    private readonly bool _isNative;
    private readonly bool _parks;
    private readonly int? _ringerCpu;
    private uint _next;

    /// <summary>Makes the shape.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="parks">Both sides sleep; else both spin.</param>
    /// <param name="isNative">The ringer is the header's inline ring.</param>
    /// <param name="isPinned">Each side has a CPU of its own.</param>
    /// <param name="barrier">Who pays for the fence.</param>
    /// <param name="quietNeighbours">Tasks of the same reactor whose doorbells nobody rings.</param>
    public CoreAnswerShape(
        string name,
        bool parks,
        bool isNative,
        bool isPinned = false,
        DoorbellBarrier barrier = DoorbellBarrier.Default,
        int quietNeighbours = 0)
        : base(name)
    {
        _parks = parks;
        _isNative = isNative;
        _ringerCpu = isPinned ? 0 : null;
        var answer = _answer;
        _station = new Station(
            parks ? ReactorPolling.Never : ReactorPolling.Always,
            barrier,
            isPinned ? 1 : null,
            parks ? answer.Wake : value => answer.Value = value);
        if (quietNeighbours != 0) _neighbours = new Crowd(_station.Reactor, quietNeighbours, static _ => { });
    }

    public override int FirstOperations => _parks ? 100 : Bursts.LeastRounds;

    public override int LeastOperations => _parks ? 40 : Bursts.LeastRounds;

    public override void Dispose()
    {
        _neighbours?.Dispose();
        _station.Dispose();
        _answer.Dispose();
        base.Dispose();
    }

    protected override double Time(int operations)
    {
        using var pin = new CpuPin(_ringerCpu);
        return _isNative
            ? PeersLibrary.RingAnswer(_station.Memory.NativeView, 0, _answer.Address, (uint)operations, _parks ? 1 : 0)
            : TimeManaged(operations);
    }

    private double TimeManaged(int operations)
    {
        _bursts.Begin(operations);
        // In locals, as in the native loop: a field that is written here each round shares its cache line with objects that
        // the reactor's thread reads, which is a hand-over of its own.
        var next = _next;
        var begin = Stopwatch.GetTimestamp();
        for (var i = 1; i <= operations; i++)
        {
            var last = next;
            next = (next + 1) & 0xFFFF;
            _station.Ring(next);
            if (_parks)
            {
                _answer.WaitWhile(last);
                continue;
            }
            while (_answer.Value != next)
            {
            }
            if (i % Bursts.Rounds == 0) _bursts.EndRounds(Bursts.Rounds);
        }
        _next = next;
        return (_parks ? NsSince(begin, operations) : NsOf(_bursts.MiddleTicks())) / 2;
    }
}
