namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the ring in C#: steps R1 to R4, kicks, and the end of the memory.</summary>
internal static class RingMutants
{
    private const string File = "DoorbellMemory.cs";
    private const string First = "if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, value, home);";
    private const string Store = "Volatile.Write(ref *(uint*)Home.Cell(home), value);";

    public static IEnumerable<Mutant> All =>
    [
        new("ring-number-unchecked", File, "if ((uint)id >= (uint)_unfencedCount) return RingFenced(id, value);", "", "ring-limit"),
        new("fenced-number-unchecked", File, "if ((uint)id >= (uint)_count) return RingResult.OutOfRange; DoorbellSlot* slot = _slots + (uint)id; return RingRare", "DoorbellSlot* slot = _slots + (uint)id; return RingRare", "ring-limit"),
        new("ring-limit-unchecked", File, "if (value >= Volatile.Read(ref slot->Limit)) { // Of this home, or of the close, or the next opening, that has come between the two looks? if (Volatile.Read(ref slot->Home) != home) continue; return RingResult.InvalidValue; }", "", "ring-limit"),
        new("ring-limit-unlooked", File, "if (!Home.IsDirect(home) || value >= Volatile.Read(ref slot->Limit)) return RingRare", "if (!Home.IsDirect(home)) return RingRare", "ring-limit"),
        new("ring-limit-of-another-home", File, "if (Volatile.Read(ref slot->Home) != home) continue; return RingResult.InvalidValue;", "return RingResult.InvalidValue;", "close-ring-shadow"),
        new("ring-bits-unmasked", File, "value &= ValueMask;", "", "ring-reserved-bits"),
        new("ring-store-out", File, Store, "", "ring-sleep"),
        new("ring-store-relaxed", File, Store, $"{Mutant.Relaxed}(ref *(uint*)Home.Cell(home), value);", "ring-entries"),
        new("ring-fence-out", File, "_unfencedCount = _symmetric ? 0 : count;", "_unfencedCount = count;", "ring-sleep-symmetric"),
        new("ring-waker-read-late", File, "var waker = (WakerCell*)Volatile.Read(ref slot->Waker); // R4. Without it a value stored in a home that has just been replaced stays there, unseen. if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, value, home);", "if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, value, home); var waker = (WakerCell*)Volatile.Read(ref slot->Waker);", "dispose-ring"),
        new("ring-fence-unasked", File, "(Volatile.Read(ref waker->State) & (WakerCell.Sleeping | WakerCell.Fenced)) != 0", "(Volatile.Read(ref waker->State) & WakerCell.Sleeping) != 0", "fences"),
        new("ring-asked-fence-out", File, "Interlocked.MemoryBarrier(); // R3, before", "// R3, before", "fences"),
        new("ring-recheck-out", File, First, "", "switch-in-out"),
        new("ring-sleep-unlooked", File, "if ((Volatile.Read(ref waker->State) & (WakerCell.Sleeping | WakerCell.Fenced)) != 0) return WakeFollower", "return WakeFollower")
        {
            Unseen = "The follower's sleep is looked at once more where it is claimed; this look spares a ring the call.",
        },
        new("ring-kind-ignored", File, "if (!Home.IsDirect(home) || value >=", "if (value >=", "switch-in-out"),
        new("rare-generation-ignored", File, "if (Home.IsClosed(home) || !Home.SameGeneration(home, firstHome)) return RingResult.Closed;",
            "if (Home.IsClosed(home)) return RingResult.Closed;")
        {
            Unseen = "A ring that overlaps a reset might as well have begun after it, and no caller can tell; the check drops it, as deleting its queue does.",
        },
        new("rare-close-unchecked", File, "if (Home.IsClosed(home) || !Home.SameGeneration(home, firstHome))", "if (!Home.SameGeneration(home, firstHome))", "close-ring"),
        new("rare-store-out", File, "if (Home.IsDirect(home)) { Volatile.Write(ref *cell, value); Interlocked", "if (Home.IsDirect(home)) { Interlocked", "switch-out"),
        new("rare-page-store-out", File, "if (isStill) Volatile.Write(ref *cell, value);", "", "switch-in-out"),
        new("rare-fence-out", File, "Interlocked.MemoryBarrier(); // R3, whatever", "// R3, whatever", "switch-then-sleep"),
        new("rare-visit-uncounted", File, "Interlocked.Increment(ref slot->Visitors);", "", "switch-in-out"),
        new("rare-visit-by-store", File, "Interlocked.Increment(ref slot->Visitors);", "Volatile.Write(ref slot->Visitors, Volatile.Read(ref slot->Visitors) + 1);", "switch-out-symmetric"),
        new("rare-visit-for-ever", File, "Interlocked.Decrement(ref slot->Visitors); // its", "// its", "switch-in-out"),
        new("rare-home-unchecked", File, "bool isStill = Volatile.Read(ref slot->Home) == home;", "bool isStill = true;", "switch-in-out"),
        new("rare-left-ignored", File, "if (!isStill) continue;", "", "switch-out-in"),
        new("rare-recheck-out", File, "if (Volatile.Read(ref slot->Home) != home) continue; Waker.WakeFollower", "Waker.WakeFollower", "switch-out-in"),
        new("rare-wake-out", File, "Waker.WakeFollower(slot, home, value); return RingResult.Ok; } } /// <summary> /// The end", "return RingResult.Ok; } } /// <summary> /// The end", "eventidx-guest"),
        new("kick-fence-out", File, "Interlocked.MemoryBarrier(); WakeAnyway(slot);", "WakeAnyway(slot);")
        {
            Unseen = "The notification that a kick passes on has come by a system call or an exchange, which is a fence.",
        },
        new("kick-number-unchecked", File, "if ((uint)id >= (uint)_count) return RingResult.OutOfRange; DoorbellSlot* slot = _slots + (uint)id; // The guest's", "DoorbellSlot* slot = _slots + (uint)id; // The guest's", "ring-limit"),
        new("kick-wake-out", File, "WakeAnyway(slot); GC.KeepAlive(this); return RingResult.Ok; }", "GC.KeepAlive(this); return RingResult.Ok; }", "eventidx-kick-managed"),
        new("ring-wake-out", File, "return WakeFollower(slot, home, value);", "return RingResult.Ok;", "ring-sleep"),
        new("ring-wake-before-store", File, Store,
            $"WakeFollower(slot, home, value); {Store} return RingResult.Ok;", "ring-sleep"),
        new("dispose-doorbells-open", File, "for (int id = 0; id < _states.Length; id++) CloseLocked(id);", "", "dispose-ring"),
        new("dispose-count-stays", File, "Volatile.Write(ref _count, 0);", "", "dispose-ring"),
        new("dispose-unfenced-count-stays", File, "Volatile.Write(ref _unfencedCount, 0);", "", "dispose-ring"),
        new("dispose-shadow-stays", File, "LeaveShadow(); for (int id", "for (int id")
        {
            Unseen = "Each close leaves the page for its doorbell; that the memory is in no page any more is then said too.",
        },
        new("dispose-still-told", File, "Volatile.Write(ref _count, 0); Forget();", "Volatile.Write(ref _count, 0);")
        {
            Unseen = "Pages that come back are then taken for no doorbell; it lets the guest's memory forget this one.",
        },
        new("header-count-unwritten", File, "Volatile.Write(ref _header->Count, (uint)count);", "", "ring-sleep-native-symmetric"),
        new("header-symmetric-unsaid", File, "_header->UnfencedCount = (uint)_unfencedCount;", "_header->UnfencedCount = (uint)count;", "ring-sleep-native-symmetric"),
        new("dispose-native-count-stays", File, "if (_header != null) { Volatile.Write(ref _header->UnfencedCount, 0); Volatile.Write(ref _header->Count, 0); // Where nobody has closed them: homes go before the wakers do, see the ring. for (int id = 0; id < _states.Length; id++) if (_states[id] is not null) Volatile.Write(ref _slots[id].Home, 0); Interlocked.MemoryBarrier(); } _block?.Retire();", "", "dispose-ring-native"),
    ];
}
