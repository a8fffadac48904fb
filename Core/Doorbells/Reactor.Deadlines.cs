using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

// Tasks that want a turn at a time. They sleep like others; the reactor parks no longer than to the first of the times.
public sealed partial class Reactor
{
    /// <summary>
    /// A park ends late by the system's timer: the last stretch before a time is turned through. It is longer than the
    /// slack of Linux's timers (50 microseconds) and a wake together.
    /// </summary>
    private static readonly long TurnedTicks = Stopwatch.Frequency / 10_000;

    private readonly List<ReactorTask> _timed = [];

    /// <summary>The clock of the times.</summary>
    internal Func<long> Clock { get; set; } = Stopwatch.GetTimestamp;

    /// <summary>On the reactor's thread.</summary>
    internal void SetDeadline(ReactorTask task, long ticks)
    {
        task.DeadlineTicks = ticks == 0 ? 0 : Clock() + ticks;
        if (ticks == 0 || task.IsTimed) return;
        task.IsTimed = true;
        _timed.Add(task);
    }

    /// <summary>Gives those a turn whose time has come.</summary>
    private void WakeTimed()
    {
        long now = Clock();
        for (int i = _timed.Count - 1; i >= 0; i--)
        {
            ReactorTask task = _timed[i];
            bool isWanted = task.DeadlineTicks != 0 && !task.IsRemoved;
            if (isWanted && now < task.DeadlineTicks) continue;
            _timed[i] = _timed[^1];
            _timed.RemoveAt(_timed.Count - 1);
            task.IsTimed = false;
            task.DeadlineTicks = 0;
            if (!isWanted) continue;
            task.IsDue = true;
            // A sleep that somebody else has claimed ends by the ready list.
            if (!task.IsPolled && task.Waker.EndSleep()) Poll(task);
        }
    }

    /// <summary>How long the reactor may park at most; zero: it must not.</summary>
    private TimeSpan LimitPark(TimeSpan timeout)
    {
        long first = long.MaxValue;
        foreach (ReactorTask task in _timed)
        {
            if (task.DeadlineTicks != 0) first = Math.Min(first, task.DeadlineTicks);
        }
        if (first == long.MaxValue) return timeout;
        long left = first - Clock() - TurnedTicks;
        if (left <= 0) return TimeSpan.Zero;
        TimeSpan until = TimeSpan.FromSeconds((double)left / Stopwatch.Frequency);
        return timeout < TimeSpan.Zero || until < timeout ? until : timeout;
    }
}
