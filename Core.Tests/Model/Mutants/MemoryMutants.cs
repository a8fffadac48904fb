namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of guest memory's removal, and of the completion list.</summary>
internal static class MemoryMutants
{
    private const string File = "GuestMemory.Removal.cs";
    private const string User = "GuestMemoryUser.cs";
    private const string List = "CompletionList.cs";

    public static IEnumerable<Mutant> All =>
    [
        new("remove-table-stays", File, "if (found) Publish(_table.Without(guestAddress));", "if (found) { }", "region-turn"),
        new("remove-untold", File, "NotifySubscribers(); if (TryQuiesce", "if (TryQuiesce", "region-config"),
        new("remove-barrier-out", File, "Interlocked.MemoryBarrierProcessWide(); // M2", "", "region-turn"),
        new("remove-turns-not-awaited", File, "if (!WaitFor(() => user.HasLeft(turn), start, timeout)) return false;", "", "region-turn"),
        new("remove-transfers-not-awaited", File, "return WaitFor(() => AreTransfersOver(users, old), start, timeout);", "return true;", "region-transfer"),
        new("remove-left-over-not-awaited", File, "if (!WaitFor(() => AreTransfersOver(users, Epoch ^ 1), start, timeout)) return false;", "", "region-transfer-busy"),
        new("remove-epoch-stays", File, "Interlocked.Exchange(ref _epoch, old ^ 1);", "")
        {
            Unseen = "New transfers could then hold a removal up for ever; none is missed.",
        },
        new("remove-visits-not-awaited", File, "Volatile.Read(ref epoch == 0 ? ref _visits0 : ref _visits1) == 0 && Array.TrueForAll", "Array.TrueForAll", "region-visit"),
        new("visit-uncounted", File, "Interlocked.Increment(ref visits);", "", "region-visit"),
        new("visit-counted-by-store", File, "Interlocked.Increment(ref visits);", "Volatile.Write(ref visits, Volatile.Read(ref visits) + 1);", "region-visits"),
        new("visit-counted-for-ever", File, "public void Dispose() => Interlocked.Decrement(ref epoch == 0 ? ref memory._visits0 : ref memory._visits1);", "public void Dispose() => memory.HasRemote.ToString();", "region-visit"),
        new("table-relaxed", "GuestMemory.cs", "Volatile.Write(ref _table, table);", $"{Mutant.Relaxed}(ref _table, table);")
        {
            Unseen = "The count of changes behind it is interlocked, which is a fence.",
        },
        new("turn-unsaid", User, "Volatile.Write(ref _words.Turn, Turn + 1); }", "}", "region-turn"),
        new("turn-end-relaxed", User, "public void Exit() => Volatile.Write(ref _words.Turn, Turn + 1);",
            $"public void Exit() => {Mutant.Relaxed}(ref _words.Turn, Turn + 1);", "region-turn"),
        new("transfer-uncounted", User, "Volatile.Write(ref count, Volatile.Read(ref count) + 1);", "", "region-transfer"),
        new("transfer-end-relaxed", User, "Volatile.Write(ref count, Volatile.Read(ref count) - 1);", $"{Mutant.Relaxed}(ref count, Volatile.Read(ref count) - 1);", "region-transfer"),
        new("list-push-store", List, "T? found = Interlocked.CompareExchange(ref _head, node, head);", "T? found = head; Interlocked.Exchange(ref _head, node);", "ring-completions"),
        new("list-push-link-once", List, "while (true) { node.Link = head;", "node.Link = head; while (true) {", "ring-completions"),
        new("list-take-unlooked", List, "if (IsEmpty) return null;", "")
        {
            Unseen = "The exchange takes an empty list as well; the look leaves its line to the disks.",
        },
        new("list-push-link-late", List, "node.Link = head;", "", "ring-completions"),
        new("list-take-store", List, "T? node = Interlocked.Exchange(ref _head, null);", "T? node = Volatile.Read(ref _head); Volatile.Write(ref _head, null);", "ring-completions"),
        new("list-wake-unsaid", List, "return head is null;", "return false;", "ring-completion"),
        new("list-wake-by-first-look", List, "return head is null; head = found;", "return node.Link is not null; head = found;", "ring-completions"),
    ];
}
