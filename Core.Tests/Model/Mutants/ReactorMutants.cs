namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the reactor: the ready list, the park word, posted actions, going to sleep, burials.</summary>
internal static class ReactorMutants
{
    private const string File = "Reactor.cs";
    private const string Loop = "Reactor.Loop.cs";
    private const string Loan = "Reactor.Loan.cs";
    private const string Tasks = "Reactor.Tasks.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("push-store", File, "while (Interlocked.CompareExchange(ref reactor->Ready, (nint)cell, head) != head);",
            "while (false); Interlocked.Exchange(ref reactor->Ready, (nint)cell);", "reactor-push"),
        new("push-link-out", File, "Volatile.Write(ref cell->Next, head);", "", "reactor-push"),
        new("push-unpark-out", File, "!= head); Unpark(reactor);", "!= head);", "reactor-ring-symmetric"),
        new("unpark-store", File, "Interlocked.CompareExchange(ref reactor->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Parked)",
            "Interlocked.Exchange(ref reactor->Park, ReactorCell.Awake) != 99)")
        {
            Unseen = "Two wakers then pay for the system call, not one; a wake-up without a reason is what a futex allows.",
        },
        new("unpark-word-stays", File, "&& Interlocked.CompareExchange(ref reactor->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Parked)", ")", "reactor-ring-symmetric"),
        new("unpark-wake-out", File, "Futex.WakeOne(&reactor->Park);", "", "reactor-ring-symmetric"),
        new("unpark-fence-out", File, "Interlocked.MemoryBarrier(); // between", "// between", "reactor-stop"),
        new("post-count-first", File, "_posts.Enqueue(action); Interlocked.Increment(ref _posted);", "Interlocked.Increment(ref _posted); _posts.Enqueue(action);", "reactor-post"),
        new("post-uncounted", File, "Interlocked.Increment(ref _posted);", "", "reactor-post"),
        new("post-unpark-out", File, "Interlocked.Increment(ref _posted); Unpark();", "Interlocked.Increment(ref _posted);", "reactor-post"),
        new("stop-unpark-out", File, "Volatile.Write(ref _stop, 1); Unpark();", "Volatile.Write(ref _stop, 1);", "reactor-stop"),
        new("stop-after-unpark", File, "Volatile.Write(ref _stop, 1); Unpark();", "Unpark(); Volatile.Write(ref _stop, 1);", "reactor-stop"),
        new("post-taken-uncounted", Loop, "Interlocked.Decrement(ref _posted);", "", "reactor-post"),
        new("ready-taken-by-store", Loop, "(WakerCell*)Interlocked.Exchange(ref _cell->Ready, 0);", "(WakerCell*)Volatile.Read(ref _cell->Ready); Volatile.Write(ref _cell->Ready, 0);", "reactor-two-wakes"),
        new("ready-turn-unsaid", Loop, "Waker.BeginTurn(cell);", "")
        {
            Unseen = "The next sleep overwrites NOTIFIED as well as RUNNING; it tells a debugger which of the two it is.",
        },
        new("sleep-prepare-out", Loop, "if (!task.RunPrepareSleep()) continue;", "", "reactor-ring"),
        new("sleep-process-wide-unsaid", Loop, "processWide |= task.Waker.NeedsProcessWideFence;", "", "reactor-ring"),
        new("sleep-fence-out", Loop, "StoreLoad.SleeperFence(processWide);", "", "reactor-ring-symmetric"),
        new("sleep-last-look-out", Loop, "if (task.RunHasWork() && task.Waker.EndSleep()) continue;", "", "reactor-ring"),
        new("sleep-claim-ignored", Loop, "if (task.RunHasWork() && task.Waker.EndSleep()) continue;", "if (task.RunHasWork()) { task.Waker.EndSleep(); continue; }", "reactor-claimed"),
        new("park-store", Loop, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);", "Volatile.Write(ref _cell->Park, ReactorCell.Parked);", "reactor-ring"),
        new("park-look-at-ready-out", Loop, "Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0", "Volatile.Read(ref _posted) <= 0", "reactor-ring"),
        new("park-look-at-posts-out", Loop, "&& Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0)", "&& Volatile.Read(ref _stop) == 0)", "reactor-post"),
        new("park-look-at-stop-out", Loop, "&& Volatile.Read(ref _stop) == 0)", ")", "reactor-stop"),
        new("park-look-before-word", Loop, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked); if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0)",
            "bool isIdle = Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0; Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked); if (isIdle)", "reactor-ring"),
        new("take-back-at-once", Loan, "while (Interlocked.CompareExchange(ref _cell->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Lent) Futex.Wait(&_cell->Park, ReactorCell.Lent, Forever);",
            "Volatile.Write(ref _cell->Park, ReactorCell.Awake);", "reactor-lent"),
        new("lent-park-store", Loan, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);", "Volatile.Write(ref _cell->Park, ReactorCell.Parked);", "reactor-lent"),
        new("lent-look-out", Loan, "if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0) return;", "return;", "reactor-lent"),
        new("bury-quiesce-out", Tasks, "foreach (ReactorTask task in leaving) task.Waker.Quiesce();", "", "reactor-remove-reused"),
        new("bury-ready-untaken", Tasks, "TakeReady(); _polled.RemoveAll", "_polled.RemoveAll", "reactor-remove-reused"),
        new("bury-before-removal", Tasks, "if (task.IsRemoved) return;", "")
        {
            Unseen = "A task is removed twice only by a misuse that the tests of the reactor try.",
        },
    ];
}
