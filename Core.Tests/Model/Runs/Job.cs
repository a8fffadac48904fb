using NvmeDoorbell.Model.Mutants;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model.Runs;

/// <summary>What one process does: a scenario, or a mutant and the scenarios that are to catch it.</summary>
/// <param name="Mutant">Null: the sources as they are.</param>
/// <param name="Scenarios">By name; with a mutant until one catches it.</param>
internal sealed record Job(Mutant? Mutant, IReadOnlyList<string> Scenarios)
{
    public string Name => Mutant?.Name ?? Scenarios[0];

    public static Job Of(Scenario scenario) => new(null, [scenario.Name]);

    public static Job Of(Mutant mutant, IEnumerable<Scenario>? scenarios) =>
        new(mutant, scenarios is null ? mutant.Scenarios : [.. scenarios.Select(scenario => scenario.Name)]);
}
