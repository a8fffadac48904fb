using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

// The loop: ready tasks, polled tasks, and going to sleep.
// SAFETY: waker and reactor cells are pooled and never unmapped.
public sealed unsafe partial class Reactor
{
    /// <summary>A reactor that never parks keeps so many tasks awake, however idle: those are seen soonest.</summary>
    private const int AlwaysPolled = 4;

    /// <summary>
    /// A nap is this part of the time that there has been nothing to do: what comes during it waits for less than 2 % of
    /// the idle time before it.
    /// </summary>
    private const int NapDivisor = 64;

    private static readonly long MinNapTicks = Stopwatch.Frequency / 20_000; // 50 µs
    private static readonly long MaxNapTicks = Stopwatch.Frequency * 16 / 100; // 160 ms: an idle reactor takes 0.05 % of a core

    private readonly List<ReactorTask> _polled = [];
    private readonly List<ReactorTask> _drowsy = [];
    private PollWindow _window;
    private FenceChoice _fences = new(Stopwatch.GetTimestamp());
    private long _nowTicks;
    private long _turns;
    private long _wakes;
    private long _spuriousWakes;
    private long _sleeps;
    private long _parks;

    /// <summary>
    /// Every task that is awake has been idle for the window and may not sleep: it follows a doorbell that the guest
    /// writes without telling anyone.
    /// </summary>
    private bool _isRestless;

    /// <summary>Turns without work and without sleep, one after the other.</summary>
    private long _idleTurns;

    /// <summary>When there was something to do last.</summary>
    private long _lastWorkTicks;

    private void Loop(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        _idleTurns = 0;
        while (true)
        {
            bool worked = TurnOnce();
            if (Volatile.Read(ref _stop) != 0)
            {
                Volatile.Write(ref _stop, 0);
                return;
            }
            if (worked && timeout < TimeSpan.Zero) continue;
            TimeSpan left = Forever;
            if (timeout >= TimeSpan.Zero)
            {
                left = timeout - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero) return;
            }
            if (worked || _leaving.Count != 0 || _options.Polling == ReactorPolling.Always) continue;
            if (_polled.Count == 0) Park(left);
            else if (_isRestless) Nap(left);
            else continue;
            _idleTurns = 0;
        }
    }

    /// <summary>Once round: posted actions, ready tasks, polled tasks; puts tasks to sleep that have been idle.</summary>
    private bool TurnOnce()
    {
        long turns = _turns + 1;
        Volatile.Write(ref _turns, turns);
        if (_leaving.Count != 0) BuryLeaving();
        bool worked = Volatile.Read(ref _posted) > 0 && RunPosted();
        worked |= Volatile.Read(ref _cell->Ready) != 0 && TakeReady();
        if (_timed.Count != 0) WakeTimed();

        List<ReactorTask> polled = _polled;
        for (int i = 0; i < polled.Count; i++)
        {
            ReactorTask task = polled[i];
            if (task.IsRemoved || !task.RunTurn()) continue;
            task.LastBusyTicks = _nowTicks;
            worked = true;
        }

        if (worked)
        {
            _isRestless = false;
            _lastWorkTicks = _nowTicks;
            if (_idleTurns != 0) _window.OnFound();
            _idleTurns = 0;
        }
        else
        {
            _idleTurns++;
        }
        if (_options.Polling == ReactorPolling.Never)
        {
            if (polled.Count != 0) PutToSleep(idleTicks: 0, worked);
        }
        else if (turns % ClockEveryTurns == 0)
        {
            long before = _nowTicks;
            _nowTicks = Stopwatch.GetTimestamp();
            if (_idleTurns >= ClockEveryTurns) _window.OnIdleTurns(_nowTicks - before, _nowTicks);
            if (_fences.Ends(_nowTicks)) EndFences();
            if (polled.Count > (_options.Polling == ReactorPolling.Always ? AlwaysPolled : 0))
                PutToSleep(_window.Ticks, worked: false);
        }
        return worked;
    }

    private bool RunPosted()
    {
        bool any = false;
        while (_posts.TryDequeue(out Action? action))
        {
            Interlocked.Decrement(ref _posted);
            action();
            any = true;
        }
        return any;
    }

    /// <summary>Takes every ready cell, oldest first, and has their tasks polled.</summary>
    private bool TakeReady()
    {
        // Full exchange: acquire of what the wakers published, and nobody ever pops but us.
        var newest = (WakerCell*)Interlocked.Exchange(ref _cell->Ready, 0);
        WakerCell* oldest = null;
        while (newest != null)
        {
            var next = (WakerCell*)Volatile.Read(ref newest->Next);
            Volatile.Write(ref newest->Next, (nint)oldest);
            oldest = newest;
            newest = next;
        }
        if (oldest == null) return false;
        _nowTicks = Stopwatch.GetTimestamp();
        for (WakerCell* cell = oldest; cell != null;)
        {
            // Read before BeginTurn: after it the cell may be claimed and pushed again.
            var next = (WakerCell*)Volatile.Read(ref cell->Next);
            ReactorTask? task = _tasks[cell->Index];
            Waker.BeginTurn(cell);
            if (task is { IsRemoved: false }) Awaken(task);
            cell = next;
        }
        return true;
    }

    private void Awaken(ReactorTask task)
    {
        _window.OnWoken(_nowTicks - task.SleptAtTicks, _nowTicks);
        Volatile.Write(ref _wakes, _wakes + 1);
        Poll(task);
        if (!task.RunTurn()) Volatile.Write(ref _spuriousWakes, _spuriousWakes + 1);
    }

    private void Poll(ReactorTask task)
    {
        task.LastBusyTicks = _nowTicks;
        if (task.IsPolled) return;
        task.IsPolled = true;
        _polled.Add(task);
    }

    /// <summary>
    /// Sends tasks to sleep that have been idle for so long: all of them publish that they sleep, one fence serves them
    /// all, then each looks again.
    /// </summary>
    private void PutToSleep(long idleTicks, bool worked)
    {
        if (worked) return;
        bool isBusy = false;
        foreach (ReactorTask task in _polled)
        {
            if (task.IsRemoved) continue;
            if (_nowTicks - task.LastBusyTicks < idleTicks)
            {
                isBusy = true;
                continue;
            }
            if (!task.RunPrepareSleep()) continue;
            task.Waker.BeginSleep(_fences.Ringers);
            _drowsy.Add(task);
        }
        // Where some have just begun to sleep, the next look tells.
        _isRestless = !isBusy && _drowsy.Count == 0;
        if (_drowsy.Count == 0) return;
        long barrierTicks = FenceSleeps();
        long asleep = 0;
        foreach (ReactorTask task in _drowsy)
        {
            // Changed, and nobody else has claimed the sleep: carry on as if it had not been. Claimed: the claimer
            // pushes it on the ready list, so it leaves the polled ones like a sleeper.
            if (task.RunHasWork() && task.Waker.EndSleep()) continue;
            task.SleptAtTicks = _nowTicks;
            task.IsPolled = false;
            asleep++;
        }
        Volatile.Write(ref _sleeps, _sleeps + asleep);
        if (asleep != 0)
        {
            _polled.RemoveAll(static task => !task.IsPolled);
            if (idleTicks != 0) _window.OnVain(_nowTicks);
        }
        _drowsy.Clear();
        _fences.OnSleep(barrierTicks);
    }

    /// <summary>S3 for all that have just begun to sleep.</summary>
    /// <returns>How long the process-wide barrier took; 0: none of them needed it.</returns>
    private long FenceSleeps()
    {
        Interlocked.MemoryBarrier();
        bool processWide = false;
        foreach (ReactorTask task in _drowsy) processWide |= task.Waker.NeedsProcessWideFence;
        if (!processWide) return 0;
        long barrierTicks = StoreLoad.TimeProcessWideFence();
        foreach (ReactorTask task in _drowsy) task.Waker.Settle();
        return barrierTicks;
    }

    /// <summary>Nobody has slept for a while: no ring has to fence.</summary>
    private void EndFences()
    {
        foreach (ReactorTask task in _polled) task.Waker.EndFences();
    }

    /// <summary>
    /// A short sleep between two looks at doorbells that tell nobody. It grows with the time that there has been nothing
    /// to do, so that an idle guest costs next to nothing; whatever wakes a task ends it.
    /// </summary>
    private void Nap(TimeSpan longest)
    {
        long start = Stopwatch.GetTimestamp();
        long ticks = Math.Clamp((start - _lastWorkTicks) / NapDivisor, MinNapTicks, MaxNapTicks);
        TimeSpan nap = TimeSpan.FromTicks(ticks * TimeSpan.TicksPerSecond / Stopwatch.Frequency);
        Park(longest >= TimeSpan.Zero && longest < nap ? longest : nap);
        _nowTicks = Stopwatch.GetTimestamp();
    }

    private void Park(TimeSpan timeout)
    {
        if (_timed.Count != 0 && (timeout = LimitPark(timeout)) == TimeSpan.Zero) return;
        // Full fence between Parked and the last look: pairs with Push and Unpark. Without it a push in between goes
        // unseen by both.
        Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);
        if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0)
        {
            Volatile.Write(ref _parks, _parks + 1);
            Futex.Wait(&_cell->Park, ReactorCell.Parked, timeout);
        }
        TakeBack();
    }
}
