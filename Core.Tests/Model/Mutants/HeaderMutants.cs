namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the C header's inline ring, in its transcription.</summary>
internal static class HeaderMutants
{
    private const string File = "HeaderRing.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("c-ring-number-unchecked", File, "value &= 0xFFFF; if (id >= Volatile.Read(ref header->Count)) return ErrorRange;", "value &= 0xFFFF;", "ring-limit"),
        new("c-ring-bits-unmasked", File, "value &= 0xFFFF;", "", "ring-reserved-bits"),
        new("c-ring-limit-unchecked", File, "if (value >= Volatile.Read(ref slot->Limit)) { if (Volatile.Read(ref slot->Home) != home) continue; return ErrorValue; }", "", "ring-limit"),
        new("c-ring-limit-of-another-home", File, "if (Volatile.Read(ref slot->Home) != home) continue; return ErrorValue;", "return ErrorValue;", "close-ring-shadow-native"),
        new("c-ring-fence-out", File, "if ((Volatile.Read(ref header->Flags) & Symmetric) != 0) Interlocked.MemoryBarrier();", "", "ring-sleep-native-symmetric"),
        new("c-ring-recheck-out", File, "if (Volatile.Read(ref slot->Home) != home) return RingRare(view, id, value, home);", "", "switch-in-out-native"),
        new("c-rare-generation-ignored", File, "if (HomeCell(home) == null || (home ^ firstHome) >> 48 != 0)", "if (HomeCell(home) == null)")
        {
            Unseen = "As rare-generation-ignored.",
        },
        new("c-rare-visit-uncounted", File, "Interlocked.Add(ref slot->Visitors, 1);", "", "switch-in-out-native"),
        new("c-rare-visit-for-ever", File, "Interlocked.Add(ref slot->Visitors, uint.MaxValue);", "", "switch-in-out-native"),
        new("c-rare-home-unchecked", File, "bool isStill = Volatile.Read(ref slot->Home) == home;", "bool isStill = true;", "switch-in-out-native"),
        new("c-rare-left-ignored", File, "if (!isStill) continue;", "", "switch-out-in-native"),
        new("c-rare-recheck-out", File, "if (Volatile.Read(ref slot->Home) != home) continue; WakeSlot", "WakeSlot", "switch-out-in-native"),
        new("c-kick-wake-out", File, "WakeCell(waker, state); return Ok;", "{ } return Ok;", "eventidx-kick"),
        new("c-wake-seen-ignored", File, "&& Volatile.Read(ref slot->Seen) != ((uint)(home >> 48) << 16 | value))", ")", "ring-same-value"),
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
        new("c-unpark-word-stays", File, "&& Interlocked.CompareExchange(ref reactor->Park, Awake, Parked) == Parked)", ")", "reactor-ring"),
        new("c-unpark-wake-out", File, "Futex.WakeOne(&reactor->Park);", "", "reactor-ring"),
    ];
}
