namespace NvmeDoorbell.Perf.Gate;

/// <summary>A workload in the gate's list.</summary>
/// <param name="Name">Its name on the child's command line and in the report.</param>
/// <param name="GateCycles">Cycles counted in the gate and in a quick run.</param>
/// <param name="FullCycles">Cycles counted in a full run.</param>
/// <param name="FullTime">How long a full run repeats them, at least.</param>
/// <param name="Create">Makes it, in the child.</param>
internal sealed record WorkloadEntry(string Name, long GateCycles, long FullCycles, TimeSpan FullTime, Func<IWorkload> Create)
{
    /// <summary>What the runtime may allocate beside the workload, in the whole run, however many cycles it has.</summary>
    public long RuntimeBytes { get; init; }
}
