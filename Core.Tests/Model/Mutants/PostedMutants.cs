namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of posted writes.</summary>
internal static class PostedMutants
{
    private const string File = "DoorbellMemory.Posted.cs";
    private const string Look = "if (!Home.IsDirect(home) && Volatile.Read(ref slot->Carrying) == 0) Conclude(slot, Volatile.Read(ref *cell) & ValueMask);";

    public static IEnumerable<Mutant> All =>
    [
        new("posted-lock-out", File, "lock (_gate)", "", "region-shadow-posted"),
        new("posted-number-unchecked", File, "if ((uint)id >= (uint)_count) return RingResult.OutOfRange;", "", "posted-limit"),
        new("posted-limit-unchecked", File, "if (value >= Volatile.Read(ref slot->Limit)) return RingResult.InvalidValue;", "", "posted-limit"),
        new("posted-close-unchecked", File, "if (Home.IsClosed(home)) return RingResult.Closed;", "", "posted-limit"),
        new("posted-stored-always", File, "if (Volatile.Read(ref slot->Posted) != KeptByGuest) {", "{", "posted-guest"),
        new("posted-look-out", File, Look, "", "posted-guest"),
        new("posted-look-in-switch", File, "if (!Home.IsDirect(home) && Volatile.Read(ref slot->Carrying) == 0)", "if (!Home.IsDirect(home))", "posted-in-switch"),
        new("posted-look-at-ours", File, "if (!Home.IsDirect(home) && Volatile.Read(ref slot->Carrying) == 0)", "if (Volatile.Read(ref slot->Carrying) == 0)")
        {
            Unseen = "What a home of ours holds is what was posted last; the look is spared.",
        },
        new("posted-unremembered", File, "Volatile.Write(ref slot->Posted, value);", "", "posted-register"),
        new("posted-kept-forgotten", File, "Volatile.Write(ref slot->Posted, KeptByGuest);", "{ }", "posted-guest"),
        new("posted-always-kept", File, "if (found != Volatile.Read(ref slot->Posted)) Volatile.Write(ref slot->Posted, KeptByGuest);", "Volatile.Write(ref slot->Posted, KeptByGuest);", "posted-register"),
        new("posted-store-out", File, "Volatile.Write(ref *cell, value);", "", "posted-register"),
        new("posted-fence-out", File, "Interlocked.MemoryBarrier(); // R3", "// R3")
        {
            Unseen = "Leaving the lock is a fence in the model, and on x86-64; on Arm it is none toward later loads.",
        },
        new("posted-wake-out", File, "Waker.WakeFollower(slot, home, value);", "", "posted-register"),
        new("posted-kept-for-ever", File, "if (state is null) continue;", "continue;", "posted-private"),
        new("posted-left-unconcluded", "DoorbellMemory.Homes.cs", "Conclude(slot, late);", "", "region-shadow-posted"),
    ];
}
