namespace NvmeDoorbell.Model.Mutants;

/// <summary>Defects of the ring in C#: steps R1 to R4, kicks, and the end of the memory.</summary>
internal static class RingMutants
{
    private const string File = "DoorbellMemory.cs";
    private const string Store = "Volatile.Write(ref *(uint*)Home.Cell(home), value);";

    public static IEnumerable<Mutant> All =>
    [
        new("ring-number-unchecked", File, "if ((uint)id >= (uint)_count) return RingResult.OutOfRange; // SAFETY", "// SAFETY", "ring-limit"),
        new("ring-limit-unchecked", File, "if (value >= Volatile.Read(ref slot->Limit)) return RingResult.InvalidValue;", "", "ring-limit"),
        new("ring-bits-unmasked", File, "value &= ValueMask;", "", "ring-reserved-bits"),
        new("ring-store-out", File, Store, "", "ring-sleep"),
        new("ring-store-relaxed", File, Store, $"{Mutant.Relaxed}(ref *(uint*)Home.Cell(home), value);", "ring-entries"),
        new("ring-fence-out", File, "if (_symmetric) Interlocked.MemoryBarrier();", "", "ring-sleep-symmetric"),
        new("ring-wake-out", File, "return WakeFollower(slot, home, value);", "return RingResult.Ok;", "ring-sleep"),
        new("ring-wake-before-store", File, Store,
            $"if (_symmetric) Interlocked.MemoryBarrier(); WakeFollower(slot, home, value); {Store} return RingResult.Ok;", "ring-sleep"),
        new("dispose-doorbells-open", File, "for (int id = 0; id < _states.Length; id++) CloseLocked(id);", "", "dispose-ring"),
        new("dispose-count-stays", File, "Volatile.Write(ref _count, 0);", "", "dispose-ring"),
        new("dispose-native-count-stays", File, "if (_header != null) Volatile.Write(ref _header->Count, 0); _block?.Retire();", "", "dispose-ring-native"),
    ];
}
