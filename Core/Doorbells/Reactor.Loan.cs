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
    /// <summary>
    /// A turn in which a disk has held the thread up. The borrower has something else to do in time, so the own thread
    /// does all for a while.
    /// </summary>
    private static readonly long LongTurnTicks = Stopwatch.Frequency / 200; // 5 ms

    private static readonly long LoanRestTicks = 10 * Stopwatch.Frequency;

    private long _loansFrom;

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
    /// Runs what there is to do and gives the reactor back. Its own thread is woken where the work is not at its end: the
    /// caller is wanted elsewhere, a turn takes long, polling for more is worth while or is all that can be done.
    /// </summary>
    /// <param name="isWanted">Asked between turns that had work: whether the caller has something else to do.</param>
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
                    _loansFrom = now + LoanRestTicks;
                    return true;
                }
                start = now;
                if (isWanted()) return true;
            }
            if (_window.Pays || _timed.Count != 0 || _leaving.Count != 0) return true;
            if (_polled.Count == 0) return false;
            _nowTicks = Stopwatch.GetTimestamp();
            PutToSleep(idleTicks: 0, worked: false);
            if (_polled.Count == 0) return false;
            if (_isRestless) return true;
        }
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
