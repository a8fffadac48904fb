namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the follower: its looks, what it prepares before a sleep, EventIdx.</summary>
internal static class StateMutants
{
    private const string File = "DoorbellState.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("poll-last-look-out", File, "// taken already. return TryPoll(out value);", "value = _seen; return DoorbellPoll.Pending;", "ring-sleep"),
        new("poll-sleep-out", File, "waker.BeginSleep();", "", "ring-sleep"),
        new("poll-fence-out", File, "StoreLoad.SleeperFence(waker.NeedsProcessWideFence);", "", "ring-sleep"),
        new("poll-process-wide-fence-out", File, "StoreLoad.SleeperFence(waker.NeedsProcessWideFence);", "StoreLoad.SleeperFence(false);", "ring-sleep"),
        new("arm-follow-out", File, "if (!ReferenceEquals(_waker, waker)) Follow(waker);", "", "ring-sleep"),
        new("arm-seen-unwritten", File, "if (Volatile.Read(ref _slot->Seen) != seen) Volatile.Write(ref _slot->Seen, seen);", "", "ring-same-value"),
        new("arm-seen-remembered", File, "if (Volatile.Read(ref _slot->Seen) != seen) Volatile.Write(ref _slot->Seen, seen);",
            "if (Volatile.Read(ref _slot->Seen) >> 16 != seen >> 16) Volatile.Write(ref _slot->Seen, seen);", "ring-round"),
        new("follow-opening-unchecked", File, "if (!IsOurs(Volatile.Read(ref _slot->Home))) return; }", "}", "reset-sleep"),
        new("follow-store", File, "while (Interlocked.CompareExchange(ref _slot->Waker, (nint)waker.Cell, found) != found);",
            "while (false); Volatile.Write(ref _slot->Waker, (nint)waker.Cell);", "reset-sleep"),
        new("follow-process-wide-unsaid", File, "waker.NeedsProcessWideFence |= Memory.IsAsymmetric;", "", "ring-sleep"),
        new("unfollow-store", File, "Interlocked.CompareExchange(ref _slot->Waker, 0, (nint)waker.Cell);", "Volatile.Write(ref _slot->Waker, 0);", "ring-unfollow"),
        new("unfollow-out", File, "Interlocked.CompareExchange(ref _slot->Waker, 0, (nint)waker.Cell);", "", "ring-unfollowed"),
        new("look-home-remembered", File, "if (Volatile.Read(ref _slot->Home) != _home) return LookAnew(out value);", "if (_cell == null) return LookAnew(out value);", "close-ring"),
        new("enter-unsaid", File, "Volatile.Write(ref _slot->Looking, 1u);", "", "switch-sleep"),
        new("enter-relaxed", File, "Volatile.Write(ref _slot->Looking, 1u);", $"{Mutant.Relaxed}(ref _slot->Looking, 1u);")
        {
            Unseen = "What must come after it are loads, which no store order keeps back; the barrier does.",
        },
        new("enter-fence-out", File, "if (!Memory.IsAsymmetric) Interlocked.MemoryBarrier();", "", "switch-out-symmetric"),
        new("enter-recheck-out", File, "if (Volatile.Read(ref _slot->Home) == home) return true;", "return true;", "switch-sleep"),
        new("enter-failed-stays", File, "LeaveShadow(); return false;", "return false;", "switch-sleep"),
        new("leave-look-unsaid", File, "Volatile.Write(ref _slot->Looking, 0u);", "Volatile.Read(ref _slot->Looking);", "switch-sleep"),
        new("eventidx-one-behind", File, "Volatile.Write(ref *eventIdx, _seen);", "Volatile.Write(ref *eventIdx, _seen - 1 & 0xFFFF);", "eventidx-guest"),
    ];
}
