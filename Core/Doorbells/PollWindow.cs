using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// How long to poll without work before sleeping. Grows when a sleep turns out to have been short enough to poll
/// through, shrinks when it was not: the rule of a hypervisor's halt polling. Not thread-safe: a reactor's own.
/// </summary>
/// <remarks>
/// A thread that polls takes a processor from others, and a scheduler does not always give it to those who would use it
/// at once: where the machine has no processor to spare, the guest or its monitor waits for the poller. It is seen by the
/// poller's own turns, one of which takes long when the processor has been taken away. Polling then rests, so that a
/// machine that is always busy costs one slow turn a second.
/// <para>A guest whose processor is the poller's does nothing while that polls, and rings as soon as it sleeps: the sleep is
/// short, and looks as if it could have been polled through. So polling rests as well where it finds nothing more often
/// than something.</para>
/// </remarks>
internal struct PollWindow(ReactorPolling polling, TimeSpan max)
{
    private const int StartDivisor = 16;

    /// <summary>So many more polls in vain than others, since polling began or was well ahead, are too many.</summary>
    private const int MostInVain = 16;

    /// <summary>Far longer than idle turns take, shorter than the time for which a scheduler takes a processor away.</summary>
    private static readonly long LostTicks = Stopwatch.Frequency / 10_000; // 100 µs

    private readonly long _maxTicks = polling == ReactorPolling.Never
        ? 0
        : (long)(max.TotalSeconds * Stopwatch.Frequency);

    private long _ticks = polling switch
    {
        ReactorPolling.Never => 0,
        ReactorPolling.Always => (long)(max.TotalSeconds * Stopwatch.Frequency),
        _ => (long)(max.TotalSeconds * Stopwatch.Frequency) / StartDivisor,
    };

    private int _lead; // polls that have found something, less those in vain
    private Rest _rest = new(Stopwatch.Frequency / 100, Stopwatch.Frequency); // 10 ms to 1 s

    /// <summary>The window now, in <see cref="Stopwatch"/> ticks.</summary>
    public readonly long Ticks => _ticks;

    /// <summary>The last sleep was short enough to be polled through, and polling takes nothing from others.</summary>
    public bool Pays { get; private set; }

    /// <summary>A task was woken that had slept so long.</summary>
    public void OnWoken(long sleptTicks, long nowTicks)
    {
        if (polling != ReactorPolling.Adaptive || nowTicks < _rest.UntilTicks) return;
        Pays = sleptTicks <= _maxTicks;
        _ticks = sleptTicks <= _maxTicks
            ? Math.Min(_maxTicks, Math.Max(_ticks * 2, sleptTicks * 2))
            : _ticks / 2;
    }

    /// <summary>A few turns without work have taken so long.</summary>
    public void OnIdleTurns(long tookTicks, long nowTicks)
    {
        if (polling == ReactorPolling.Adaptive && tookTicks >= LostTicks) GiveUp(nowTicks);
    }

    /// <summary>After turns without work there was some.</summary>
    public void OnFound()
    {
        if (_lead < MostInVain) _lead++;
    }

    /// <summary>The window has passed without work, and a task sleeps.</summary>
    public void OnVain(long nowTicks)
    {
        if (polling != ReactorPolling.Adaptive || _ticks == 0 || --_lead > -MostInVain) return;
        _lead = 0;
        GiveUp(nowTicks);
    }

    private void GiveUp(long nowTicks)
    {
        _rest.Begin(nowTicks);
        _ticks = 0;
        Pays = false;
    }
}
