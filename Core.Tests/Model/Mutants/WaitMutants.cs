namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the awaitable face, and of waits that resume on a reactor.</summary>
internal static class WaitMutants
{
    private const string File = "DoorbellState.Waiting.cs";
    private const string Task = "DoorbellWaitTask.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("wait-state-made-twice", File, "return Interlocked.CompareExchange(ref _wait, made, null) ?? made;", "WaitState? found = Volatile.Read(ref _wait); if (found is null) Volatile.Write(ref _wait, made); return found ?? made;", "wait-overlap"),
        new("wait-overlap-by-store", File, "if (Interlocked.CompareExchange(ref wait.Waiting, 1, 0) != 0)",
            "int waiting = Volatile.Read(ref wait.Waiting); Volatile.Write(ref wait.Waiting, 1); if (waiting != 0)", "wait-overlap"),
        new("wait-at-once-under-way", File, "Volatile.Write(ref wait.Waiting, 0); return new ValueTask<DoorbellChange>(change);", "return new ValueTask<DoorbellChange>(change);", "wait-close"),
        new("wait-core-not-reset", File, "wait.Core.Reset();", "", "wait-twice"),
        new("wait-arm-out", File, "Arm(waker);", "", "wait-ring"),
        new("wait-sleep-out", File, "waker.BeginSleep();", "", "wait-ring"),
        new("wait-fence-out", File, "waker.FenceSleep();", "", "wait-ring"),
        new("wait-last-look-out", File, "return !MustLookAgain || !waker.EndSleep();", "return true;", "wait-ring"),
        new("wait-sleep-kept", File, "return !MustLookAgain || !waker.EndSleep();", "return !MustLookAgain;", "wait-ring-again"),
        new("wait-claim-ignored", File, "return !MustLookAgain || !waker.EndSleep();", "if (!MustLookAgain) return true; waker.EndSleep(); return false;", "wait-ring-again"),
        new("wait-cancel-unlooked", File, "internal bool MustLookAgain => HasChanged || IsCancelled;", "internal bool MustLookAgain => HasChanged;", "wait-cancel-alone"),
        new("wait-armed-ignored", File, "internal bool MustLookAgain => HasChanged || IsCancelled;", "internal bool MustLookAgain => HasNews || IsCancelled;", "region-shadow-back-wait"),
        new("wait-resumed-once", File, "while (!TryEndWait()) { if (TrySleep()) return; }", "TryEndWait();", "wait-round"),
        new("wait-resumed-for-ever", File, "if (TrySleep()) return;", "TrySleep();", "wait-round"),
        new("wait-cancellation-goes-on", File, "Wait.Registration.Dispose();", "", "wait-cancel-twice"),
        new("wait-cancellation-stays", File, "Volatile.Write(ref Wait.CancelRequested, 0);", "", "wait-cancel-twice"),
        new("wait-cancellation-ends-first", File, "Wait.Registration.Dispose(); Wait.Registration = default; Volatile.Write(ref Wait.CancelRequested, 0);",
            "Volatile.Write(ref Wait.CancelRequested, 0); Wait.Registration.Dispose(); Wait.Registration = default;", "wait-cancel-twice"),
        new("wait-result-first", File, "EndCancellation(); Wait.Core.SetResult(change);", "Wait.Core.SetResult(change); EndCancellation();", "wait-cancel-twice"),
        new("wait-cancelled-first", File, "EndCancellation(); Wait.Core.SetException(new OperationCanceledException(Wait.Cancellation));",
            "Wait.Core.SetException(new OperationCanceledException(Wait.Cancellation)); EndCancellation();", "wait-cancel-twice"),
        new("wait-cancelled-change-lost", File, "if (TryFinish(out DoorbellChange change)) { EndCancellation();", "if (TryFinish(out DoorbellChange change) && Volatile.Read(ref Wait.CancelRequested) == 0) { EndCancellation();", "wait-cancel"),
        new("cancel-wish-unsaid", File, "Volatile.Write(ref Wait.CancelRequested, 1);", "", "wait-cancel-alone"),
        new("cancel-wake-out", File, "(Wait.Task?.Waker ?? Wait.Awaiter!).Wake();", "", "wait-cancel-alone"),
        new("cancel-wake-first", File, "Volatile.Write(ref Wait.CancelRequested, 1); (Wait.Task?.Waker ?? Wait.Awaiter!).Wake();",
            "(Wait.Task?.Waker ?? Wait.Awaiter!).Wake(); Volatile.Write(ref Wait.CancelRequested, 1);", "wait-cancel-alone"),
        new("wait-end-stays", File, "Volatile.Write(ref wait.Waiting, 0); return result;", "return result;", "wait-twice"),
        new("wait-cancelled-end-stays", File, "Volatile.Write(ref wait.Waiting, 0); throw;", "throw;", "wait-cancel-twice"),
        new("wait-stale-token-ends", File, "DoorbellChange result; try", "DoorbellChange result; Volatile.Write(ref wait.Waiting, 0); try", "wait-twice"),
        new("task-begin-unsaid", Task, "Volatile.Write(ref _pending, 1); Waker.Wake();", "Waker.Wake();", "reactor-wait"),
        new("task-begin-wake-out", Task, "Volatile.Write(ref _pending, 1); Waker.Wake();", "Volatile.Write(ref _pending, 1);", "reactor-wait"),
        new("task-begin-wake-first", Task, "Volatile.Write(ref _pending, 1); Waker.Wake();", "Waker.Wake(); Volatile.Write(ref _pending, 1);", "reactor-wait"),
        new("task-ends-late", Task, "if (Interlocked.CompareExchange(ref _pending, 0, 1) == 1 && !_state.TryEndWait()) Volatile.Write(ref _pending, 1);", "if (_state.TryEndWait()) Volatile.Write(ref _pending, 0);", "reactor-wait-twice"),
        new("task-goes-on-unsaid", Task, "if (Interlocked.CompareExchange(ref _pending, 0, 1) == 1 && !_state.TryEndWait()) Volatile.Write(ref _pending, 1);", "if (Interlocked.CompareExchange(ref _pending, 0, 1) == 1) _state.TryEndWait();", "reactor-wait-round"),
        new("task-retired-unsaid", Task, "Interlocked.Exchange(ref _retired, 1);", "", "reactor-wait-close"),
        new("task-retired-by-store", Task, "Interlocked.Exchange(ref _retired, 1);", "Volatile.Write(ref _retired, 1);", "reactor-wait-close"),
        new("task-retired-unlooked", Task, "if (Volatile.Read(ref _retired) != 0) Turn();", "", "reactor-wait-close"),
        new("task-end-unclaimed", Task, "Interlocked.CompareExchange(ref _pending, 0, 1) == 1", "Interlocked.Exchange(ref _pending, 0) >= 0", "reactor-wait-close"),
        new("task-cancel-unlooked", File, "internal bool WouldEnd => HasNews || IsCancelled;", "internal bool WouldEnd => HasNews;", "reactor-wait-cancel"),
        new("task-turn-unpending", Task, "if (!IsPending || !_state.WouldEnd) return false;", "if (!_state.WouldEnd) return false;")
        {
            Unseen = "The follower, who is free to poll then, and the reactor would look at once; what they then do to each other is in managed fields.",
        },
        new("task-arm-out", Task, "_state.Arm(Waker);", "", "reactor-wait"),
        new("task-last-look-out", Task, "IsPending && (!_isArmed || _state.MustLookAgain)", "IsPending && !_isArmed", "reactor-wait"),
        new("task-last-look-at-wait-out", Task, "IsPending && (!_isArmed || _state.MustLookAgain)", "_isArmed && IsPending && _state.MustLookAgain", "reactor-wait"),
        new("task-retired-without-turn", Task, "Turn(); Dispose();", "Dispose();", "reactor-wait-close"),
        new("task-not-retired", Task, "Turn(); Dispose();", "Turn();", "reactor-wait-close"),
    ];
}
