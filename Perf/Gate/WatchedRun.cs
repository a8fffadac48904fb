namespace NvmeDoorbell.Perf.Gate;

/// <summary>What a watched process did while its workload ran.</summary>
/// <param name="Cycles">Cycles done.</param>
/// <param name="Ns">Nanoseconds of a cycle.</param>
/// <param name="AllocatedBytes">By its own precise counter.</param>
/// <param name="Collections">By its own counters, of every generation.</param>
/// <param name="AllocationEvents">Allocations that the runtime reported to us from outside.</param>
/// <param name="CollectionEvents">Collections that it reported.</param>
/// <param name="Marks">Marks seen in the event stream: without both, nothing was watched.</param>
/// <param name="TracePath">The event stream.</param>
internal sealed record WatchedRun(
    long Cycles,
    double Ns,
    long AllocatedBytes,
    long Collections,
    int AllocationEvents,
    int CollectionEvents,
    int Marks,
    string TracePath)
{
    /// <summary>Nothing was allocated and nothing collected, by either way of counting.</summary>
    /// <param name="runtimeBytes">What the runtime may have allocated beside the workload.</param>
    public bool IsClean(long runtimeBytes) =>
        AllocatedBytes <= runtimeBytes && Collections == 0 && AllocationEvents == 0 && CollectionEvents == 0;

    /// <summary>The event stream covered the whole run.</summary>
    public bool WasWatched => Marks == 2;
}
