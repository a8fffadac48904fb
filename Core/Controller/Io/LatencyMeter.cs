using System.Diagnostics;

namespace NvmeDoorbell.Controller;

/// <summary>
/// How long commands take, from the look that found their doorbell value to the end of the turn that posted their
/// completions.
/// </summary>
/// <remarks>
/// Two looks at a clock are a quarter of a short command's time. So all are timed after a rest, where a wake has cost a
/// hundred times as much, and in a stream of work those of every 64th doorbell value; each of them counts for 64. One
/// task's thread.
/// </remarks>
internal sealed class LatencyMeter(IoCounters counters)
{
    /// <summary>In a stream of work, so many doorbell values to a timed one.</summary>
    public const int Stride = 64;

    private int _untilTimed = Stride;
    private ulong _weight; // of the timed commands posted in this turn
    private ulong _begun; // the sum of when they were noticed, by weight; it may wrap, as may what it is subtracted from

    /// <summary>A doorbell value has been found.</summary>
    /// <param name="afterRest">The task has had nothing to do.</param>
    /// <returns>What its commands are timed by.</returns>
    public LatencySample Notice(bool afterRest)
    {
        if (afterRest)
            return new LatencySample(Stopwatch.GetTimestamp(), 1);
        if (--_untilTimed > 0)
            return default;
        _untilTimed = Stride;
        return new LatencySample(Stopwatch.GetTimestamp(), Stride);
    }

    /// <summary>A timed command's completion has been posted.</summary>
    public void Add(LatencySample noticed)
    {
        _weight += (uint)noticed.Weight;
        _begun += (ulong)noticed.At * (uint)noticed.Weight;
    }

    /// <summary>The guest is told what the turn has posted.</summary>
    public void EndTurn()
    {
        if (_weight == 0)
            return;
        counters.TimedCommands += _weight;
        counters.TimedTicks += ((ulong)Stopwatch.GetTimestamp() * _weight) - _begun;
        _weight = 0;
        _begun = 0;
    }
}
