namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of openings and closes.</summary>
internal static class OpeningMutants
{
    private const string File = "DoorbellMemory.Openings.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("open-generation-stays", File, "Home.Generation(Volatile.Read(ref slot->Home)) + 1;", "Home.Generation(Volatile.Read(ref slot->Home));", "reset-sleep"),
        new("open-waker-stays", File, "Volatile.Write(ref slot->Waker, Nobody);", "", "ring-sleep"),
        new("open-seen-stays", File, "Volatile.Write(ref slot->Seen, DoorbellState.SeenWord(Home.Closed(generation), position.Seen));", "")
        {
            Unseen = "The follower writes the word itself before each sleep, and until then nobody compares with it.",
        },
        new("open-limit-unwritten", File, "Volatile.Write(ref slot->Limit, limit);", "", "ring-sleep"),
        new("open-cell-unwritten", File, "Volatile.Write(ref *(uint*)Home.Cell(home), position.Value);", "", "reset-cells"),
        new("open-cell-the-same", File, "++_ownCells[id]", "_ownCells[id]", "reset-limit"),
        new("open-home-relaxed", File, "Volatile.Write(ref slot->Home, home);", $"{Mutant.Relaxed}(ref slot->Home, home);", "open-ring"),
        new("open-home-first", File, "Volatile.Write(ref *(uint*)Home.Cell(home), position.Value); if (eventIdx != 0)",
            "Volatile.Write(ref slot->Home, home); Volatile.Write(ref *(uint*)Home.Cell(home), position.Value); if (eventIdx != 0)", "open-ring"),
        new("open-eventidx-stays", File, "if (eventIdx != 0) Volatile.Write(ref *(uint*)eventIdx, 0u);", "")
        {
            Unseen = "The follower writes the entry itself before it sleeps; until then the guest need not ring.",
        },
        new("open-eventidx-unpublished", File, "Volatile.Write(ref slot->EventIdx, eventIdx);", "", "eventidx-reopened"),
        new("open-home-unpublished", File, "Volatile.Write(ref slot->Home, home);", "", "ring-sleep"),
        new("open-left-stays", File, "if (_leftInShadow is { } left) left[id] = position.LeftInPage;", "", "region-shadow-reopened"),
        new("open-posted-stays", File, "Volatile.Write(ref slot->Posted, position.Posted);", "", "posted-reopened"),
        new("close-home-stays", File, "Volatile.Write(ref slot->Home, Home.Closed(Home.Generation(old)));", "", "close-ring"),
        new("close-limit-stays", File, "Volatile.Write(ref slot->Limit, 0u);", "")
        {
            Unseen = "A closed home sends every ring the long way, where it is looked at first; the limit says the same to who reads the slot.",
        },
        new("close-eventidx-stays", File, "Volatile.Write(ref slot->EventIdx, 0);", "")
        {
            Unseen = "A follower that has not noticed the close looks at the home before it follows the address.",
        },
        new("close-limit-first", File, "Volatile.Write(ref slot->Home, Home.Closed(Home.Generation(old)));",
            "Volatile.Write(ref slot->Limit, 0u); Volatile.Write(ref slot->Home, Home.Closed(Home.Generation(old)));", "close-ring"),
        new("close-wake-out", File, "WakeAnyway(slot);", "", "close-ring"),
        new("close-fence-out", File, "StoreLoad.SleeperFence(!_symmetric && !Home.IsDirect(old));", "", "close-sleep"),
        new("close-process-wide-fence-out", File, "StoreLoad.SleeperFence(!_symmetric && !Home.IsDirect(old));", "StoreLoad.SleeperFence(false);", "switch-close"),
        new("close-visitors-not-awaited", File, "if (!Home.IsDirect(old)) AwaitVisitors(slot);", "", "switch-close"),
        new("close-wait-task-stays", File, "state.OnClosed();", "", "reactor-wait-close"),
    ];
}
