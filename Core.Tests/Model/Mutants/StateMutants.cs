namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the follower: its looks, what it prepares before a sleep, EventIdx.</summary>
internal static class StateMutants
{
    private const string File = "DoorbellState.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("poll-last-look-out", File, "// taken already. look = TryPoll(out value);", "look = DoorbellPoll.Pending; value = _seen;", "ring-sleep"),
        new("poll-sleep-out", File, "waker.BeginSleep();", "", "ring-sleep"),
        new("poll-fence-out", File, "waker.BeginSleep(); waker.FenceSleep();", "waker.BeginSleep();", "ring-sleep"),
        new("poll-sleep-late", File, "waker.BeginSleep(); waker.FenceSleep();", "waker.FenceSleep(); waker.BeginSleep();", "ring-sleep"),
        new("poll-armed-once", File, "while (look == DoorbellPoll.Pending && !IsArmed)", "while (false)", "region-shadow-back"),
        new("poll-armed-again-unfenced", File, "Arm(waker); waker.FenceSleep(); look =", "Arm(waker); look =", "region-shadow-back"),
        new("last-look-armed-ignored", File, "get => HasNews || !IsArmed;", "get => HasNews;", "reactor-shadow-back"),
        new("arm-switches-late", File, "if (Volatile.Read(ref _slot->EventIdx) != 0) ArmEventIdx();", "if (Volatile.Read(ref _slot->EventIdx) != 0) ArmEventIdx(); _armedSwitches = Memory.Switches;", "region-shadow-back"),
        new("arm-eventidx-out", File, "if (Volatile.Read(ref _slot->EventIdx) != 0) ArmEventIdx();", "", "eventidx-guest"),
        new("arm-follow-out", File, "if (!ReferenceEquals(_waker, waker)) Follow(waker);", "", "ring-sleep"),
        new("arm-seen-unwritten", File, "if (Volatile.Read(ref _slot->Seen) != seen) Volatile.Write(ref _slot->Seen, seen);", "", "ring-round"),
        new("arm-seen-remembered", File, "if (Volatile.Read(ref _slot->Seen) != seen) Volatile.Write(ref _slot->Seen, seen);",
            "if (Volatile.Read(ref _slot->Seen) >> 16 != seen >> 16) Volatile.Write(ref _slot->Seen, seen);", "ring-round"),
        new("follow-opening-unchecked", File, "if (!IsOurs(Volatile.Read(ref _slot->Home))) return; }", "}", "reset-sleep"),
        new("follow-word-read-late", File, "found = Volatile.Read(ref _slot->Waker); if (!IsOurs(Volatile.Read(ref _slot->Home))) return;", "if (!IsOurs(Volatile.Read(ref _slot->Home))) return; found = Volatile.Read(ref _slot->Waker);", "reset-sleep"),
        new("follow-store", File, "while (Interlocked.CompareExchange(ref _slot->Waker, (nint)waker.Cell, found) != found);",
            "while (false); Volatile.Write(ref _slot->Waker, (nint)waker.Cell);", "reset-sleep"),
        new("unfollow-store", File, "Interlocked.CompareExchange(ref _slot->Waker, Memory.Nobody, (nint)waker.Cell);", "Volatile.Write(ref _slot->Waker, Memory.Nobody);", "ring-unfollow"),
        new("unfollow-out", File, "Interlocked.CompareExchange(ref _slot->Waker, Memory.Nobody, (nint)waker.Cell);", "", "ring-unfollowed"),
        new("look-close-unseen", File, "if (!IsOurs(home)) { value = _seen; return DoorbellPoll.Closed; }", "", "close-ring"),
        new("look-page-not-entered", File, "if (TryEnterShadow(home)) { value", "{ value", "switch-look-out"),
        new("look-page-not-left", File, "LeaveShadow(); return DoorbellPoll.Pending;", "return DoorbellPoll.Pending;", "switch-look-out"),
        new("look-home-remembered", File, "if (Volatile.Read(ref _slot->Home) != _home) return LookAnew(out value);", "if (_cell == null) return LookAnew(out value);", "close-ring"),
        new("enter-unsaid", File, "Volatile.Write(ref _slot->Looking, 1u);", "", "switch-look-out"),
        new("enter-relaxed", File, "Volatile.Write(ref _slot->Looking, 1u);", $"{Mutant.Relaxed}(ref _slot->Looking, 1u);")
        {
            Unseen = "What must come after it are loads, which no store order keeps back; the barrier does.",
        },
        new("enter-fence-out", File, "if (!Memory.IsAsymmetric) Interlocked.MemoryBarrier();", "", "switch-out-symmetric"),
        new("enter-recheck-out", File, "if (Volatile.Read(ref _slot->Home) == home) return true;", "return true;", "switch-look-out"),
        new("enter-failed-stays", File, "LeaveShadow(); return false;", "return false;", "switch-look-out"),
        new("leave-look-unsaid", File, "Volatile.Write(ref _slot->Looking, 0u);", "Volatile.Read(ref _slot->Looking);", "switch-look-out"),
        new("leave-look-relaxed", File, "Volatile.Write(ref _slot->Looking, 0u);", $"{Mutant.Relaxed}(ref _slot->Looking, 0u);", "eventidx-moved"),
        new("look-home-checked-once", File, "if (Volatile.Read(ref _slot->Home) != _home && _home != NoHome) return PollAgain(out value);", "", "switch-look"),
        new("look-carried-taken", File, "if ((raw & DoorbellMemory.Carried) != 0 && Volatile.Read(ref _slot->Carrying) != 0) return _seen;", "", "switch-look"),
        new("look-carried-for-ever", File, "&& Volatile.Read(ref _slot->Carrying) != 0) return _seen;", ") return _seen;", "switch-reserved-bits"),
        new("look-carried-read-once", File, "return Volatile.Read(ref *cell) & DoorbellMemory.ValueMask;", "return raw & DoorbellMemory.ValueMask;", "switch-look"),
        new("eventidx-home-unchecked", File, "if (Home.IsDirect(home) || !IsOurs(home)) return;", "", "switch-close"),
        new("eventidx-page-not-entered", File, "if (!TryEnterShadow(home)) return; var eventIdx", "var eventIdx", "switch-sleep"),
        new("eventidx-page-not-left", File, "Volatile.Write(ref *eventIdx, _seen); LeaveShadow();", "Volatile.Write(ref *eventIdx, _seen);", "switch-sleep"),
        new("eventidx-address-unchecked", File, "if (eventIdx != null && Volatile.Read", "if (Volatile.Read", "switch-sleep"),
        new("eventidx-remembered", File, "Volatile.Read(ref *eventIdx) != _seen) Volatile.Write(ref *eventIdx, _seen);", "_seen != 0) Volatile.Write(ref *eventIdx, _seen);", "eventidx-stale"),
        new("eventidx-one-behind", File, "Volatile.Write(ref *eventIdx, _seen);", "Volatile.Write(ref *eventIdx, _seen - 1 & 0xFFFF);", "eventidx-guest"),
    ];
}
