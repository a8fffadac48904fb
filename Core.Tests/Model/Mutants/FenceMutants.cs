namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the sleeper's fence, and of having the ringers fence instead.</summary>
internal static class FenceMutants
{
    private const string File = "Waker.Fences.cs";
    private const string Waker = "Waker.cs";
    private const string Settle = "internal void Settle() => _isSettled = (Volatile.Read(ref _cell->State) & WakerCell.Fenced) != 0;";

    public static IEnumerable<Mutant> All =>
    [
        new("sleeper-fence-out", File, "internal void FenceSleep() { Interlocked.MemoryBarrier();", "internal void FenceSleep() {", "ring-sleep-symmetric"),
        new("sleeper-process-wide-fence-out", File, "barrierTicks = StoreLoad.TimeProcessWideFence();", "", "ring-sleep"),
        new("process-wide-fence-out", "StoreLoad.cs", "Interlocked.MemoryBarrierProcessWide(); return Math.Max", "return Math.Max", "ring-sleep"),
        new("settled-at-once", File, Settle, "internal void Settle() => _isSettled = true;", "fences"),
        new("settled-never", File, Settle, "internal void Settle() => _ = Volatile.Read(ref _cell->State);")
        {
            Unseen = "Sleepers then run barriers that they do not need.",
        },
        new("settled-unfenced", Waker, "_isSettled &= fenced != 0;", "", "fences-thrice"),
        new("settled-before-the-sleep", Waker, "_isSettled &= fenced != 0;", "_isSettled = fenced != 0;", "fences"),
        new("fence-unasked", Waker, "| WakerCell.Sleeping | fenced);", "| WakerCell.Sleeping); _isSettled |= fenced != 0;", "fences"),
        new("fence-asked-of-all", Waker, "ringersFence && _adapts ?", "ringersFence ?")
        {
            Unseen = "A fence is never wrong; it is left out where an embedder wants none.",
        },
        new("fence-kept", Waker, "((state & ~NotNumber) + WakerCell.NextSleep) | WakerCell.Sleeping", "((state & ~WakerCell.StateMask) + WakerCell.NextSleep) | WakerCell.Sleeping")
        {
            Unseen = "Rings then fence for a sleeper that fences too.",
        },
        new("follow-process-wide-unsaid", File, "_isAsymmetric |= memory.IsAsymmetric;", "", "ring-sleep"),
        new("follow-settled", File, "_adapts &= memory.IsAdaptive; _isSettled = false;", "_adapts &= memory.IsAdaptive;", "fences-followed"),
        new("follow-memory-unsaid", "DoorbellState.cs", "waker.Follow(Memory);", "", "ring-sleep"),
        new("fences-ended-settled", File, "_isSettled = false; Volatile.Write(ref _cell->State, state & ~WakerCell.Fenced);", "Volatile.Write(ref _cell->State, state & ~WakerCell.Fenced);", "fences-ended"),
        new("fences-ended-asleep", File, "if ((state & NotNumber) != (WakerCell.Running | WakerCell.Fenced)) return;", "if ((state & WakerCell.Fenced) == 0) return;")
        {
            Unseen = "The reactor asks it of tasks that it polls, which run.",
        },
        new("claim-fence-lost", Waker, "uint notified = state ^ (WakerCell.Sleeping | WakerCell.Notified);", "uint notified = (state ^ (WakerCell.Sleeping | WakerCell.Notified)) & ~WakerCell.Fenced;", "fences"),
        new("turn-fence-lost", Waker, "Volatile.Read(ref cell->State) & ~WakerCell.StateMask);", "Volatile.Read(ref cell->State) & ~NotNumber);", "fences-reactor"),
    ];
}
