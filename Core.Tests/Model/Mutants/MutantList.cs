namespace NvmeDoorbell.Model.Mutants;

/// <summary>Every mutant, by name.</summary>
internal static class MutantList
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        .. RingMutants.All,
        .. HeaderMutants.All,
        .. FenceMutants.All,
        .. OpeningMutants.All,
        .. StateMutants.All,
        .. HomeMutants.All,
        .. PostedMutants.All,
        .. WaitMutants.All,
        .. WakerMutants.All,
        .. ReactorMutants.All,
        .. MemoryMutants.All,
    ];
}
