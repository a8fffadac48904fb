using System.Diagnostics;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>
/// Times rounds that spin by bursts, and takes the middle one: a spinning thread that the system takes off its CPU for
/// a while spoils one burst, not the sample. The native shapes do the same.
/// </summary>
internal sealed class Bursts(int roundsOfBurst = Bursts.Rounds)
{
    /// <summary>Rounds of a burst where nothing else is said.</summary>
    public const int Rounds = 64;

    /// <summary>Fewest rounds of a sample: enough bursts of 64 that most are undisturbed.</summary>
    public const int LeastRounds = 2048;

    private double[] _ticks = [];
    private int _count;
    private int _rounds;
    private long _began;

    /// <summary>Begins a sample. Allocates where it is longer than any before.</summary>
    public void Begin(int rounds)
    {
        if (_ticks.Length < rounds / roundsOfBurst) _ticks = new double[rounds / roundsOfBurst];
        _count = 0;
        _rounds = 0;
        _began = Stopwatch.GetTimestamp();
    }

    /// <summary>After some rounds.</summary>
    public void EndRounds(int rounds)
    {
        _rounds += rounds;
        if (_rounds < roundsOfBurst || _count == _ticks.Length) return;
        var now = Stopwatch.GetTimestamp();
        _ticks[_count++] = (double)(now - _began) / _rounds;
        _rounds = 0;
        _began = now;
    }

    /// <summary>Ticks of a round in the middle burst; NaN where there was none.</summary>
    public double MiddleTicks()
    {
        if (_count == 0) return double.NaN;
        var ticks = _ticks.AsSpan(0, _count);
        ticks.Sort();
        return ticks[_count / 2];
    }
}
