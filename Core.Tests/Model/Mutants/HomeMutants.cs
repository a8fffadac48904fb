namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of home switches: steps H1 to H6, the count of switches, pages that go away and come back.</summary>
internal static class HomeMutants
{
    private const string File = "DoorbellMemory.Homes.cs";
    private const string Publish = "Volatile.Write(ref slot->Home, home); // H2";
    private const string Count = "Volatile.Write(ref _switches, _switches + 1);";
    private const string Late = "uint late = Volatile.Read(ref *(uint*)Home.Cell(oldHome)) & ValueMask;";
    private const string Replace = "Interlocked.CompareExchange(ref *(uint*)Home.Cell(Volatile.Read(ref slot->Home)), late, carried | Carried);";

    public static IEnumerable<Mutant> All =>
    [
        new("switch-carry-out", File, "Carry(id, home, carried[id] | Carried); // H1", "", "switch-in-out"),
        new("switch-carry-unmarked", File, "Carry(id, home, carried[id] | Carried); // H1", "Carry(id, home, carried[id]); // H1", "switch-in-out"),
        new("switch-carry-after-home", File, $"Carry(id, home, carried[id] | Carried); // H1 }} Volatile.Write(ref slot->EventIdx, eventIdx); {Publish}",
            $"}} Volatile.Write(ref slot->EventIdx, eventIdx); {Publish}\n if (home != old) Carry(id, home, carried[id] | Carried);", "switch-in-out"),
        new("switch-mark-none", File, "internal const uint Carried = 0x8000_0000;", "internal const uint Carried = 0;", "switch-round"),
        new("switch-carrying-unsaid", File, "Volatile.Write(ref slot->Carrying, 1u);", "", "switch-look"),
        new("switch-carrying-late", File, $"Volatile.Write(ref slot->Carrying, 1u); Carry(id, home, carried[id] | Carried); // H1 }} Volatile.Write(ref slot->EventIdx, eventIdx); {Publish}",
            $"Carry(id, home, carried[id] | Carried); }} Volatile.Write(ref slot->EventIdx, eventIdx); {Publish}\n if (home != old) Volatile.Write(ref slot->Carrying, 1u);", "switch-look"),
        new("switch-carrying-for-ever", File, "Volatile.Write(ref slot->Carrying, 0u);", "", "switch-reserved-bits"),
        new("switch-carrying-ends-early", File, Late, $"Volatile.Write(ref slot->Carrying, 0u); {Late}", "switch-look"),
        new("switch-home-unpublished", File, Publish, "", "switch-reserved-bits"),
        new("switch-home-relaxed", File, Publish, $"{Mutant.Relaxed}(ref slot->Home, home);", "switch-in-out"),
        new("switch-eventidx-unwritten", File, "Volatile.Write(ref slot->EventIdx, eventIdx);", "", "region-shadow-back"),
        new("switch-eventidx-alone-stays", File, "if (home == old && eventIdx == Volatile.Read(ref slot->EventIdx)) continue;", "if (home == old) continue;", "eventidx-moved"),
        new("switch-eventidx-alone-carried", File, "if (home != old) { carried", "{ carried", "eventidx-moved-ring"),
        new("switch-count-relaxed", File, Count, $"{Mutant.Relaxed}(ref _switches, _switches + 1);", "region-shadow-back"),
        new("switch-uncounted", File, Count, "", "region-shadow-back"),
        new("switch-fence-out", File, "StoreLoad.SleeperFence(!_symmetric);", "", "switch-in-out"),
        new("switch-process-wide-fence-out", File, "StoreLoad.SleeperFence(!_symmetric);", "StoreLoad.SleeperFence(false);", "switch-in-out"),
        new("switch-visitors-not-awaited", File, "if (!Home.IsDirect(oldHomes[id])) AwaitVisitors(slot); // H4", "", "switch-in-out"),
        new("await-rings-out", File, "Volatile.Read(ref slot->Visitors) != 0 || Volatile.Read(ref slot->Looking) != 0", "Volatile.Read(ref slot->Looking) != 0", "switch-in-out"),
        new("await-looks-out", File, "Volatile.Read(ref slot->Visitors) != 0 || Volatile.Read(ref slot->Looking) != 0", "Volatile.Read(ref slot->Visitors) != 0", "switch-sleep"),
        new("switch-late-look-first", File, "if (!Home.IsDirect(oldHomes[id])) AwaitVisitors(slot); // H4 if (Volatile.Read(ref slot->Home) != oldHomes[id]) TakeOver(slot, id, oldHomes[id], carried[id]); // H5",
            "if (Volatile.Read(ref slot->Home) != oldHomes[id]) TakeOver(slot, id, oldHomes[id], carried[id]); if (!Home.IsDirect(oldHomes[id])) AwaitVisitors(slot);", "switch-out-in"),
        new("switch-late-look-out", File, Late, "uint late = carried;", "switch-in-out"),
        new("switch-late-store", File, Replace, "Volatile.Write(ref *(uint*)Home.Cell(Volatile.Read(ref slot->Home)), late);", "switch-in-out"),
        new("switch-late-unwritten", File, Replace, "", "switch-in-out"),
        new("switch-wake-out", File, "WakeAnyway(slot); // H6", "", "switch-in"),
        new("switch-own-cell-the-same", "DoorbellMemory.Openings.cs", "++_ownCells[id] % DoorbellSlot.CellCount", "(_ownCells[id] = 1) % DoorbellSlot.CellCount", "switch-in-out"),
        new("return-carried-over", File, "Interlocked.CompareExchange(ref *cell, value, left[id]);", "Volatile.Write(ref *cell, value);", "region-shadow-newer"),
        new("return-left-unremembered", File, "left[id] = late;", "", "region-shadow-newer"),
        new("return-guests-always", File, "if (IsShadow && _leftInShadow is { } left && left[id] != NothingLeft)", "if (IsShadow && _leftInShadow is { } left)", "region-shadow-reopened"),
        new("told-after-forgetting", File, "if (_guest is not { } guest) return;", "GuestMemory guest = _guest!;", "region-private"),
        new("told-without-lock", File, "private void OnRegionsChanged() { lock (_gate) {", "private void OnRegionsChanged() { {", "region-private"),
        new("prepared-told-late", "DoorbellMemory.State.cs", "_guest!.Subscribe(OnRegionsChanged); OnRegionsChanged();", "OnRegionsChanged(); _guest!.Subscribe(OnRegionsChanged);", "region-restored"),
        new("prepared-unsubscribed", "DoorbellMemory.State.cs", "_guest!.Subscribe(OnRegionsChanged);", "", "region-restored"),
        new("position-lock-out", "DoorbellMemory.State.cs", "lock (_gate) { DoorbellSlot* slot", "{ DoorbellSlot* slot", "switch-snapshot"),
        new("snapshot-lock-out", "DoorbellMemory.Inspection.cs", "lock (_gate)", "", "switch-snapshot"),
        new("config-told-late", File, "if (isNew) memory.Subscribe(OnRegionsChanged); if (!TryTranslatePages(memory, shadowAddress, eventIdxAddress, out nint shadow, out nint eventIdx)) { if (isNew) memory.Unsubscribe(OnRegionsChanged); return false; }",
            "if (!TryTranslatePages(memory, shadowAddress, eventIdxAddress, out nint shadow, out nint eventIdx)) return false; if (isNew) memory.Subscribe(OnRegionsChanged);", "region-config"),
        new("config-unsubscribed", File, "if (isNew) memory.Subscribe(OnRegionsChanged);", "", "region-config"),
    ];
}
