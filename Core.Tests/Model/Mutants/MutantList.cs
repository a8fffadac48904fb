namespace NvmeDoorbell.Model.Mutants;

/// <summary>Every mutant, by name.</summary>
internal static class MutantList
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        .. RingMutants.All,
        .. HeaderMutants.All,
        .. OpeningMutants.All,
        .. StateMutants.All,
        .. WakerMutants.All,
        .. ReactorMutants.All,
        .. MemoryMutants.All,
    ];
}
