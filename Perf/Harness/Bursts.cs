using System.Diagnostics;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>
/// Times rounds that spin by bursts, and takes the middle one: a spinning thread that the system takes off its CPU for
/// a while spoils one burst, not the sample. The native shapes do the same.
/// </summary>
internal sealed class Bursts
{
    /// <summary>Fewest rounds of a sample: enough bursts that most are undisturbed.</summary>
    public const int LeastRounds = 2048;

    private const int Rounds = 64;

    private long[] _ticks = [];
    private int _count;
    private long _began;

    /// <summary>Begins a sample. Allocates where it is longer than any before.</summary>
    public void Begin(int rounds)
    {
        if (_ticks.Length < rounds / Rounds) _ticks = new long[rounds / Rounds];
        _count = 0;
        _began = Stopwatch.GetTimestamp();
    }

    /// <summary>After each round, counted from 1.</summary>
    public void EndRound(int round)
    {
        if (round % Rounds != 0 || _count == _ticks.Length) return;
        var now = Stopwatch.GetTimestamp();
        _ticks[_count++] = now - _began;
        _began = now;
    }

    /// <summary>Ticks of a round in the middle burst; NaN where there was none.</summary>
    public double MiddleTicks()
    {
        if (_count == 0) return double.NaN;
        var ticks = _ticks.AsSpan(0, _count);
        ticks.Sort();
        return (double)ticks[_count / 2] / Rounds;
    }
}
