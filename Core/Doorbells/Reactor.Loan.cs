using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

// Turns that another thread runs while the reactor's own is parked: whoever brings the work does it, and nobody is woken.
//
// Contract. Between TryTakeOver and the end of HandBack the caller is the reactor's thread in every respect: no other
// thread runs a turn.
//
// The park word says who may run:
//
//            park (own thread)              TryTakeOver (CompareExchange)
//   Awake ───────────────────▶ Parked ─────────────────────────────────────▶ Lent
//     ▲  ▲                      │  ▲                                          │ │
//     │  └──────────────────────┘  └──────────────────────────────────────────┘ │
//     │    a waker, or own thread            HandBack: nothing to do            │
//     └─────────────────────────────────────────────────────────────────────────┘
//                    HandBack, by way of Parked: the own thread is to go on, and is woken
//
// Races that it survives. A waker that pushes while the word is Lent calls nobody: the borrower exchanges the word to
// Parked and then looks at the list, as a thread that parks. The own thread may return from its futex at any time (a
// timeout, a signal): it takes the word by CompareExchange and waits on where it is Lent. What its timeout was for, a task
// that has asked for a time or that may not sleep, has the borrower wake it in the end.
// SAFETY: the reactor cell is pooled and never unmapped.
public sealed unsafe partial class Reactor
{
    /// <summary>A borrower that polls asks so often whether it is wanted: a call to the system, most likely.</summary>
    private const int IdleTurnsPerQuestion = 64;

    /// <summary>
    /// A turn in which a disk has held the thread up. The borrower has something else to do in time, so the own thread
    /// does all for a while. The processor may have been taken away as well, so the first such turn means little.
    /// </summary>
    private static readonly long LongTurnTicks = Stopwatch.Frequency / 200; // 5 ms

    private Rest _loanRest = new(Stopwatch.Frequency / 100, 10 * Stopwatch.Frequency); // 10 ms to 10 s
    private long _loansFrom; // its end, for those who want to borrow

    /// <summary>
    /// Takes the place of the reactor's own thread while that is parked: what the caller wakes from now on it runs itself,
    /// in <see cref="HandBack"/>, which must follow on the same thread. For a thread that brings work and can do it as
    /// well, so that none has to be woken. Any thread but those that run a reactor.
    /// </summary>
    /// <returns>False: the thread is awake, or the reactor has none of its own.</returns>
    public bool TryTakeOver()
    {
        // The CompareExchange pairs with the exchange of a park, and of an earlier loan's end: what that thread has done
        // in its turns is seen.
        if (_thread is null || Volatile.Read(ref _cell->Park) != ReactorCell.Parked ||
            Stopwatch.GetTimestamp() < Volatile.Read(ref _loansFrom) ||
            Interlocked.CompareExchange(ref _cell->Park, ReactorCell.Lent, ReactorCell.Parked) != ReactorCell.Parked)
        {
            return false;
        }
        Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);
        _idleTurns = 0;
        return true;
    }

    /// <summary>
    /// Runs what there is to do, polls for more where that pays, and gives the reactor back. Its own thread is woken where
    /// the work is not at its end: the caller is wanted elsewhere, a turn takes long, polling is all that can be done.
    /// </summary>
    /// <param name="isWanted">
    /// Asked after turns that had work, and now and then while polling: whether the caller has something else to do.
    /// </param>
    /// <exception cref="InvalidOperationException">The caller has not taken over.</exception>
    public void HandBack(Func<bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        if (!IsOwnThread || Volatile.Read(ref _cell->Park) != ReactorCell.Lent)
            throw new InvalidOperationException("The caller has not taken the reactor over.");
        while (true)
        {
            bool goesOn = RunTaken(isWanted);
            Volatile.Write(ref _runner, 0);
            // Full fence between Parked and the last look, as in Park.
            Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);
            if (goesOn || Volatile.Read(ref _stop) != 0)
            {
                Unpark(_cell);
                return;
            }
            if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0) return;
            // Something has come. Who brought it has seen Lent and woken nobody, or has woken the own thread.
            if (!TryTakeOver()) return;
        }
    }

    /// <summary>Turns until every task sleeps. False: they do; true: the own thread is to go on.</summary>
    private bool RunTaken(Func<bool> isWanted)
    {
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            while (TurnOnce())
            {
                long now = Stopwatch.GetTimestamp();
                if (now - start > LongTurnTicks)
                {
                    _loanRest.Begin(now);
                    Volatile.Write(ref _loansFrom, _loanRest.UntilTicks);
                    return true;
                }
                start = now;
                if (isWanted()) return true;
            }
            if (_window.Pays && _timed.Count == 0 && PollTaken(isWanted)) continue;
            if (_timed.Count != 0 || _leaving.Count != 0) return true;
            if (_polled.Count == 0) return false;
            _nowTicks = Stopwatch.GetTimestamp();
            PutToSleep(idleTicks: 0, worked: false);
            if (_polled.Count == 0) return false;
            if (_isRestless) return true;
        }
    }

    /// <summary>
    /// Polls for the window, at whose end the tasks sleep. The own thread would have to be woken for it, which takes longer
    /// than what is waited for.
    /// </summary>
    /// <returns>Whether something has come. If not, tasks that are awake are to be put to sleep: the caller is wanted.</returns>
    private bool PollTaken(Func<bool> isWanted)
    {
        for (int turns = 1; _polled.Count != 0 && !_isRestless; turns++)
        {
            if (TurnOnce()) return true;
            if (turns % IdleTurnsPerQuestion == 0 && isWanted()) return false;
        }
        return false;
    }

    /// <summary>The own thread has left its futex: waits while somebody else runs the reactor.</summary>
    private void TakeBack()
    {
        // A waker may have said Awake already. If not, nobody needs to call the system for us any more.
        while (Interlocked.CompareExchange(ref _cell->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Lent)
            Futex.Wait(&_cell->Park, ReactorCell.Lent, Forever);
        Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);
    }
}
