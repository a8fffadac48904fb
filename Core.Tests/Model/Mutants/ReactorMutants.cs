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
        new("unpark-unlooked", File, "if (Volatile.Read(ref reactor->Park) == ReactorCell.Parked && Interlocked", "if (Interlocked")
        {
            Unseen = "The exchange compares by itself; the look leaves the line to the reactor while it is awake.",
        },
        new("enter-by-store", File, "Interlocked.CompareExchange(ref _runner, Environment.CurrentManagedThreadId, 0) == 0;", "Volatile.Read(ref _runner) == 0 && Interlocked.Exchange(ref _runner, Environment.CurrentManagedThreadId) >= 0;", "reactor-lenders"),
        new("run-unasked", File, "if (!TryEnter()) return false;", "Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);", "reactor-lenders"),
        new("run-left-unsaid", File, "finally { Volatile.Write(ref _runner, 0); }", "finally { }", "reactor-lenders"),
        new("drive-unasked", File, "Volatile.Read(ref _disposed) == 0 && TryEnter())", "Volatile.Read(ref _disposed) == 0)", "reactor-drive"),
        new("drive-left-unsaid", File, "TurnOnce(); Volatile.Write(ref _runner, 0);", "TurnOnce();", "reactor-drive"),
        new("own-thread-unsaid", File, "private void RunOwnThread() { Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);", "private void RunOwnThread() {", "reactor-lent-post"),
        new("dispose-reactor-by-store", File, "if (Interlocked.Exchange(ref _disposed, 1) != 0) return;", "if (Volatile.Read(ref _disposed) != 0) return; Volatile.Write(ref _disposed, 1);", "reactor-dispose"),
        new("dispose-reactor-stop-out", File, "Stop(); _thread?.Join();", "_thread?.Join();", "reactor-dispose"),
        new("dispose-reactor-unlooked", File, "while (Volatile.Read(ref _disposed) == 0) Loop(Forever);", "while (true) Loop(Forever);", "reactor-dispose"),
        new("dispose-reactor-unawaited", File, "_thread?.Join();", "", "reactor-dispose-reused"),
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
        new("stop-unseen", Loop, "if (Volatile.Read(ref _stop) != 0) { Volatile.Write(ref _stop, 0); return; }", "", "reactor-stop"),
        new("stop-stays", Loop, "Volatile.Write(ref _stop, 0); return;", "return;", "reactor-stop-own"),
        new("ready-unlooked", Loop, "worked |= Volatile.Read(ref _cell->Ready) != 0 && TakeReady();", "worked |= TakeReady();")
        {
            Unseen = "The exchange takes an empty list as well; the look leaves its line to the wakers.",
        },
        new("ready-next-read-late", Loop, "var next = (WakerCell*)Volatile.Read(ref cell->Next); ReactorTask? task = _tasks[cell->Index]; Waker.BeginTurn(cell);", "ReactorTask? task = _tasks[cell->Index]; Waker.BeginTurn(cell); var next = (WakerCell*)Volatile.Read(ref cell->Next);")
        {
            Unseen = "Nobody claims a cell before its task sleeps again, which none does before the whole list is done.",
        },
        new("ready-order-kept", Loop, "Volatile.Write(ref newest->Next, (nint)oldest);", "", "reactor-push"),
        new("ready-taken-by-store", Loop, "(WakerCell*)Interlocked.Exchange(ref _cell->Ready, 0);", "(WakerCell*)Volatile.Read(ref _cell->Ready); Volatile.Write(ref _cell->Ready, 0);", "reactor-two-wakes"),
        new("ready-turn-unsaid", Loop, "Waker.BeginTurn(cell);", "")
        {
            Unseen = "The next sleep overwrites NOTIFIED as well as RUNNING; it tells a debugger which of the two it is.",
        },
        new("sleep-prepare-out", Loop, "if (!task.RunPrepareSleep()) continue;", "", "reactor-ring"),
        new("sleep-process-wide-unsaid", Loop, "processWide |= task.Waker.NeedsProcessWideFence;", "", "reactor-ring"),
        new("sleep-fence-out", Loop, "private long FenceSleeps() { Interlocked.MemoryBarrier();", "private long FenceSleeps() {", "reactor-ring-symmetric"),
        new("sleep-settled-unfenced", Loop, "if (!processWide) return 0; long barrierTicks = StoreLoad.TimeProcessWideFence();", "long barrierTicks = processWide ? StoreLoad.TimeProcessWideFence() : 0;")
        {
            Unseen = "Whoever needed no barrier was settled, or has nothing to settle.",
        },
        new("sleep-last-look-out", Loop, "if (task.RunHasWork() && task.Waker.EndSleep()) continue;", "", "reactor-ring"),
        new("sleep-claim-ignored", Loop, "if (task.RunHasWork() && task.Waker.EndSleep()) continue;", "if (task.RunHasWork()) { task.Waker.EndSleep(); continue; }", "reactor-claimed"),
        new("park-store", Loop, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);", "Volatile.Write(ref _cell->Park, ReactorCell.Parked);", "reactor-ring"),
        new("park-look-at-ready-out", Loop, "Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0", "Volatile.Read(ref _posted) <= 0", "reactor-ring"),
        new("park-look-at-posts-out", Loop, "&& Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0)", "&& Volatile.Read(ref _stop) == 0)", "reactor-post"),
        new("park-look-at-stop-out", Loop, "&& Volatile.Read(ref _stop) == 0)", ")", "reactor-stop"),
        new("park-look-before-word", Loop, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked); if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0)",
            "bool isIdle = Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0 && Volatile.Read(ref _stop) == 0; Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked); if (isIdle)", "reactor-ring"),
        new("take-over-by-store", Loan, "Interlocked.CompareExchange(ref _cell->Park, ReactorCell.Lent, ReactorCell.Parked) != ReactorCell.Parked)", "Interlocked.Exchange(ref _cell->Park, ReactorCell.Lent) == 99)", "reactor-lent"),
        new("take-over-unsaid", Loan, "Volatile.Write(ref _runner, Environment.CurrentManagedThreadId); _idleTurns = 0;", "_idleTurns = 0;", "reactor-lent"),
        new("take-over-unlooked", Loan, "Volatile.Read(ref _cell->Park) != ReactorCell.Parked || Stopwatch", "Stopwatch")
        {
            Unseen = "The exchange compares by itself; the look spares its line where the reactor is awake.",
        },
        new("hand-back-unsaid", Loan, "Volatile.Write(ref _runner, 0); // Full", "// Full", "reactor-lent-post"),
        new("hand-back-said-late", Loan, "Volatile.Write(ref _runner, 0); // Full fence between Parked and the last look, as in Park. Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);",
            "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked); Volatile.Write(ref _runner, 0);", "reactor-lent"),
        new("hand-back-wake-out", Loan, "{ Unpark(_cell); return; }", "{ return; }", "reactor-lent-dispose"),
        new("hand-back-stop-unlooked", Loan, "if (goesOn || Volatile.Read(ref _stop) != 0)", "if (goesOn)", "reactor-lent-dispose"),
        new("lent-look-at-ready-out", Loan, "if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0) return;", "if (Volatile.Read(ref _posted) <= 0) return;", "reactor-lent"),
        new("lent-look-at-posts-out", Loan, "if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0) return;", "if (Volatile.Read(ref _cell->Ready) == 0) return;", "reactor-lent-post"),
        new("take-back-unsaid", Loan, "ReactorCell.Lent, Forever); Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);", "ReactorCell.Lent, Forever);", "reactor-lent-post"),
        new("take-back-unawaited", Loan, "Futex.Wait(&_cell->Park, ReactorCell.Lent, Forever);", "break;", "reactor-lent"),
        new("take-back-at-once", Loan, "while (Interlocked.CompareExchange(ref _cell->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Lent) Futex.Wait(&_cell->Park, ReactorCell.Lent, Forever);",
            "Volatile.Write(ref _cell->Park, ReactorCell.Awake);", "reactor-lent"),
        new("lent-park-store", Loan, "Interlocked.Exchange(ref _cell->Park, ReactorCell.Parked);", "Volatile.Write(ref _cell->Park, ReactorCell.Parked);", "reactor-lent"),
        new("lent-look-out", Loan, "if (Volatile.Read(ref _cell->Ready) == 0 && Volatile.Read(ref _posted) <= 0) return;", "return;", "reactor-lent"),
        new("tasks-relaxed", Tasks, "Volatile.Write(ref _tasks, larger);", $"{Mutant.Relaxed}(ref _tasks, larger);")
        {
            Unseen = "The task's number comes to the reactor by a wake or a post, both behind a fence.",
        },
        new("bury-unsaid", "ReactorTask.cs", "Volatile.Write(ref _buried, 1);", "", "reactor-remove"),
        new("task-turn-unentered", "ReactorTask.cs", "internal bool RunTurn() { _user?.Enter(); bool worked = Turn(); _user?.Exit();", "internal bool RunTurn() { bool worked = Turn();", "region-task"),
        new("task-sleep-unentered", "ReactorTask.cs", "_user?.Enter(); bool may = PrepareSleep(); _user?.Exit();", "bool may = PrepareSleep();", "region-task"),
        new("task-look-unentered", "ReactorTask.cs", "_user?.Enter(); bool work = HasWork(); _user?.Exit();", "bool work = HasWork();", "region-task"),
        new("bury-quiesce-out", Tasks, "foreach (ReactorTask task in leaving) task.Waker.Quiesce();", "", "reactor-remove-reused"),
        new("bury-ready-untaken", Tasks, "TakeReady(); _polled.RemoveAll", "_polled.RemoveAll", "reactor-remove-reused"),
        new("bury-before-removal", Tasks, "if (task.IsRemoved) return;", "")
        {
            Unseen = "A task is removed twice only by a misuse that the tests of the reactor try.",
        },
    ];
}
