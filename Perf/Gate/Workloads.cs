namespace NvmeDoorbell.Perf.Gate;

/// <summary>The workloads of the gate by name.</summary>
internal static class Workloads
{
    /// <summary>Must be caught.</summary>
    public const string Canary = "canary";

    /// <summary>Name, cycles in the gate, cycles in the full run, and how it is made.</summary>
    public static IReadOnlyList<WorkloadEntry> All { get; } =
    [
        new(Canary, 100_000, 100_000, static () => new CanaryWorkload()),
    ];
}
