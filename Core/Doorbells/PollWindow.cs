using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// How long to poll without work before sleeping. Grows when a sleep turns out to have been short enough to poll
/// through, shrinks when it was not: the rule of a hypervisor's halt polling. Not thread-safe: a reactor's own.
/// </summary>
internal struct PollWindow(ReactorPolling polling, TimeSpan max)
{
    private const int StartDivisor = 16;

    private readonly long _maxTicks = polling == ReactorPolling.Never
        ? 0
        : (long)(max.TotalSeconds * Stopwatch.Frequency);

    private long _ticks = polling switch
    {
        ReactorPolling.Never => 0,
        ReactorPolling.Always => (long)(max.TotalSeconds * Stopwatch.Frequency),
        _ => (long)(max.TotalSeconds * Stopwatch.Frequency) / StartDivisor,
    };

    /// <summary>The window now, in <see cref="Stopwatch"/> ticks.</summary>
    public readonly long Ticks => _ticks;

    /// <summary>A task was woken that had slept so long.</summary>
    public void OnWoken(long sleptTicks)
    {
        if (polling != ReactorPolling.Adaptive) return;
        _ticks = sleptTicks <= _maxTicks
            ? Math.Min(_maxTicks, Math.Max(_ticks * 2, sleptTicks * 2))
            : _ticks / 2;
    }
}
