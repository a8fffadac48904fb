namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the wake word, and of the two fences that go with it.</summary>
internal static class WakerMutants
{
    private const string File = "Waker.cs";
    private const string Fences = "StoreLoad.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("fence-out", Fences, "Interlocked.MemoryBarrier(); if (processWide)", "if (processWide)", "close-sleep"),
        new("fence-process-wide-out", Fences, "if (processWide) Interlocked.MemoryBarrierProcessWide();", "", "switch-in-out"),
        new("fence-toward-guests-out", Fences, "Interlocked.MemoryBarrier(); if (processWide) Interlocked.MemoryBarrierProcessWide();",
            "if (processWide) Interlocked.MemoryBarrierProcessWide(); else Interlocked.MemoryBarrier();")
        {
            Unseen = "A process-wide barrier is a fence of its caller's too, here and on every system that has one; that is not promised, so both stand.",
        },
        new("wake-fence-out", File, "Interlocked.MemoryBarrier(); // Disposed meanwhile", "// Disposed meanwhile", "wait-cancel-alone"),
        new("wake-sleep-unlooked", File, "if ((state & WakerCell.StateMask) == WakerCell.Sleeping) Claim(cell, state);", "Claim(cell, state);", "close-ring"),
        new("wake-follower-unlooked", File, "if ((state & WakerCell.StateMask) == WakerCell.Sleeping && Volatile.Read(ref slot->Seen)", "if (Volatile.Read(ref slot->Seen)", "ring-ring-sleep"),
        new("wake-seen-ignored", File, "&& Volatile.Read(ref slot->Seen) != DoorbellState.SeenWord(home, value))", ")", "ring-same-value"),
        new("wake-seen-generation-ignored", File, "Volatile.Read(ref slot->Seen) != DoorbellState.SeenWord(home, value))",
            "(Volatile.Read(ref slot->Seen) & 0xFFFF) != value)", "reset-sleep"),
        new("sleep-number-stays", File, "((state & ~NotNumber) + WakerCell.NextSleep) | WakerCell.Sleeping", "(state & ~NotNumber) | WakerCell.Sleeping", "ring-sleep"),
        new("sleep-begun-again", File, "if ((state & WakerCell.StateMask) == WakerCell.Sleeping) return; uint fenced", "uint fenced", "ring-two-doorbells"),
        new("sleep-relaxed", File, "Volatile.Write(ref _cell->State, ((state", $"{Mutant.Relaxed}(ref _cell->State, ((state")
        {
            Unseen = "The sleeper's fence puts what comes before it in its place before the last look; a ring that sees the sleep earlier has its value seen by that look.",
        },
        new("sleep-end-store", File, "&& Interlocked.CompareExchange(ref _cell->State, state & ~WakerCell.StateMask, state) == state;",
            "&& Interlocked.Exchange(ref _cell->State, state & ~WakerCell.StateMask) != 0;", "wait-ring-again"),
        new("sleep-end-unsaid", File, "return (state & WakerCell.StateMask) == WakerCell.Sleeping && Interlocked.CompareExchange(ref _cell->State, state & ~WakerCell.StateMask, state) == state;",
            "return (state & WakerCell.StateMask) == WakerCell.Sleeping;", "wait-ring-again"),
        new("claim-store", File, "if (Interlocked.CompareExchange(ref cell->State, notified, state) == state) MakeReady(cell);",
            "Volatile.Write(ref cell->State, notified); MakeReady(cell);", "ring-ring-sleep"),
        new("claim-number-ignored", File, "if (Interlocked.CompareExchange(ref cell->State, notified, state) == state) MakeReady(cell);",
            "state = Volatile.Read(ref cell->State); if (Interlocked.CompareExchange(ref cell->State, state ^ (WakerCell.Sleeping | WakerCell.Notified), state) == state) MakeReady(cell);",
            "ring-ring-sleep"),
        new("claim-calls-nobody", File, "== state) MakeReady(cell);", "== state) { }", "ring-sleep"),
        new("claim-uncounted", File, "Interlocked.Increment(ref cell->Waking);", "", "dispose-waker"),
        new("claim-counted-late", File, "Interlocked.Increment(ref cell->Waking); uint notified = state ^ (WakerCell.Sleeping | WakerCell.Notified); if (Interlocked.CompareExchange(ref cell->State, notified, state) == state) MakeReady(cell);",
            "uint notified = state ^ (WakerCell.Sleeping | WakerCell.Notified); if (Interlocked.CompareExchange(ref cell->State, notified, state) == state) { Interlocked.Increment(ref cell->Waking); MakeReady(cell); } else Interlocked.Increment(ref cell->Waking);",
            "dispose-waker"),
        new("claim-counted-for-ever", File, "Interlocked.Decrement(ref cell->Waking);", "", "dispose-waker"),
        new("quiesce-store", File, "Interlocked.Exchange(ref _cell->State,", "Volatile.Write(ref _cell->State,", "dispose-waker"),
        new("quiesce-sleep-kept", File, "Interlocked.Exchange(ref _cell->State, (Volatile.Read(ref _cell->State) & ~NotNumber) + WakerCell.NextSleep);",
            "Interlocked.MemoryBarrier();", "dispose-waker"),
        new("quiesce-wait-out", File, "while (Volatile.Read(ref _cell->Waking) != 0) spinner.SpinOnce();", "", "dispose-waker"),
    ];
}
