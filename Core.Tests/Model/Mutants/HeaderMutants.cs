namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the C header's inline ring, in its transcription.</summary>
internal static class HeaderMutants
{
    private const string File = "HeaderRing.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("c-ring-number-unchecked", File, "if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->UnfencedCount)) return RingFenced(view, id, value);", "", "ring-limit"),
        new("c-fenced-number-unchecked", File, "if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->Count)) return ErrorRange; DoorbellSlot* slot = SlotAt(view, id); return RingRare", "DoorbellSlot* slot = SlotAt(view, id); return RingRare", "ring-limit"),
        new("c-ring-bits-unmasked", File, "value &= 0xFFFF;", "", "ring-reserved-bits"),
        new("c-ring-limit-unchecked", File, "if (value >= Volatile.Read(ref slot->Limit)) { if (Volatile.Read(ref slot->Home) != home) continue; return ErrorValue; }", "", "ring-limit"),
        new("c-ring-limit-unlooked", File, "if ((home & 1) == 0 || value >= Volatile.Read(ref slot->Limit)) return", "if ((home & 1) == 0) return", "ring-limit"),
        new("c-ring-kind-ignored", File, "if ((home & 1) == 0 || value >=", "if (value >=", "switch-in-out-native"),
        new("c-ring-store-out", File, "Volatile.Write(ref *HomeCell(home), value); var waker", "var waker", "ring-sleep-native"),
        new("c-ring-store-relaxed", File, "Volatile.Write(ref *HomeCell(home), value); var waker", $"{Mutant.Relaxed}(ref *HomeCell(home), value); var waker", "ring-entries-native"),
        new("c-ring-wake-out", File, "WakeSlot(slot, home, value); return Ok; } private static int RingRare", "return Ok; } private static int RingRare", "ring-sleep-native"),
        new("c-ring-sleep-unlooked", File, "if ((Volatile.Read(ref waker->State) & (Sleeping | Fenced)) != 0) return RingSleeper", "return RingSleeper")
        {
            Unseen = "As ring-sleep-unlooked.",
        },
        new("c-ring-limit-of-another-home", File, "if (Volatile.Read(ref slot->Home) != home) continue; return ErrorValue;", "return ErrorValue;", "close-ring-shadow-native"),
        new("c-ring-fence-out", File, "if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->UnfencedCount)) return RingFenced", "if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->Count)) return RingFenced", "ring-sleep-native-symmetric"),
        new("c-ring-waker-read-late", File, "var waker = (WakerCell*)Volatile.Read(ref slot->Waker); if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, home, value);", "if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, home, value); var waker = (WakerCell*)Volatile.Read(ref slot->Waker);", "dispose-ring-native"),
        new("c-ring-fence-unasked", File, "(Volatile.Read(ref waker->State) & (Sleeping | Fenced)) != 0", "(Volatile.Read(ref waker->State) & Sleeping) != 0", "fences-native"),
        new("c-ring-asked-fence-out", File, "private static int RingSleeper(DoorbellSlot* slot, ulong home, uint value) { Interlocked.MemoryBarrier();", "private static int RingSleeper(DoorbellSlot* slot, ulong home, uint value) {", "fences-native"),
        new("c-ring-recheck-out", File, "if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, home, value);", "", "switch-in-out-native"),
        new("c-rare-generation-ignored", File, "if (HomeCell(home) == null || (home ^ firstHome) >> 48 != 0)", "if (HomeCell(home) == null)")
        {
            Unseen = "As rare-generation-ignored.",
        },
        new("c-rare-close-unchecked", File, "if (HomeCell(home) == null || (home ^ firstHome) >> 48 != 0)", "if ((home ^ firstHome) >> 48 != 0)", "close-ring-native"),
        new("c-rare-store-out", File, "if ((home & 1) != 0) { Volatile.Write(ref *HomeCell(home), value); Interlocked", "if ((home & 1) != 0) { Interlocked", "switch-out-native"),
        new("c-rare-fence-out", File, "Volatile.Write(ref *HomeCell(home), value); Interlocked.MemoryBarrier(); }", "Volatile.Write(ref *HomeCell(home), value); }", "switch-then-sleep-native"),
        new("c-rare-page-store-out", File, "if (isStill) Volatile.Write(ref *HomeCell(home), value);", "", "switch-in-out-native"),
        new("c-rare-wake-out", File, "WakeSlot(slot, home, value); return Ok; } } private", "return Ok; } } private", "switch-out-native"),
        new("c-rare-visit-uncounted", File, "Interlocked.Add(ref slot->Visitors, 1);", "", "switch-in-out-native"),
        new("c-rare-visit-for-ever", File, "Interlocked.Add(ref slot->Visitors, uint.MaxValue);", "", "switch-in-out-native"),
        new("c-rare-home-unchecked", File, "bool isStill = Volatile.Read(ref slot->Home) == home;", "bool isStill = true;", "switch-in-out-native"),
        new("c-rare-left-ignored", File, "if (!isStill) continue;", "", "switch-out-in-native"),
        new("c-rare-recheck-out", File, "if (Volatile.Read(ref slot->Home) != home) continue; WakeSlot", "WakeSlot", "switch-out-in-native"),
        new("c-kick-number-unchecked", File, "if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->Count)) return ErrorRange; DoorbellSlot* slot = SlotAt(view, id); Interlocked", "DoorbellSlot* slot = SlotAt(view, id); Interlocked", "ring-limit"),
        new("c-kick-fence-out", File, "Interlocked.MemoryBarrier(); var waker", "var waker")
        {
            Unseen = "As kick-fence-out.",
        },
        new("c-kick-sleep-unlooked", File, "if ((state & StateMask) == Sleeping) WakeCell", "WakeCell", "ring-kick"),
        new("c-kick-wake-out", File, "WakeCell(waker, state); return Ok;", "{ } return Ok;", "eventidx-kick"),
        new("c-wake-seen-ignored", File, "&& Volatile.Read(ref slot->Seen) != ((uint)(home >> 48) << 16 | value))", ")", "ring-same-value"),
        new("c-wake-sleep-unlooked", File, "if ((state & StateMask) == Sleeping && Volatile.Read(ref slot->Seen)", "if (Volatile.Read(ref slot->Seen)", "ring-ring-sleep"),
        new("c-wake-uncounted", File, "Interlocked.Add(ref waker->Waking, 1);", "", "dispose-waker-native"),
        new("c-wake-counted-for-ever", File, "Interlocked.Add(ref waker->Waking, uint.MaxValue);", "", "dispose-waker-native"),
        new("c-claim-store", File, "if (Interlocked.CompareExchange(ref waker->State, state ^ (Sleeping | Notified), state) == state)",
            "Volatile.Write(ref waker->State, state ^ (Sleeping | Notified));", "ring-ring-sleep"),
        new("c-push-store", File, "nint found = Interlocked.CompareExchange(ref reactor->Ready, (nint)waker, head);", "nint found = head; Interlocked.Exchange(ref reactor->Ready, (nint)waker);", "reactor-two-wakes"),
        new("c-push-link-out", File, "ModelRelaxed.Write(ref waker->Next, head);", "", "reactor-two-wakes"),
        new("c-push-fence-out", File, "Interlocked.MemoryBarrier(); if (Volatile.Read(ref reactor->Park) == Parked", "if (Volatile.Read(ref reactor->Park) == Parked")
        {
            Unseen = "The exchange before it is a fence where interlocked operations are, as here; on Arm's exclusives it is not one toward later loads.",
        },
        new("c-unpark-store", File, "Interlocked.CompareExchange(ref reactor->Park, Awake, Parked) == Parked)", "Interlocked.Exchange(ref reactor->Park, Awake) != 99)")
        {
            Unseen = "As unpark-store.",
        },
        new("c-unpark-word-stays", File, "&& Interlocked.CompareExchange(ref reactor->Park, Awake, Parked) == Parked)", ")", "reactor-ring"),
        new("c-unpark-wake-out", File, "Futex.WakeOne(&reactor->Park);", "", "reactor-ring"),
    ];
}
