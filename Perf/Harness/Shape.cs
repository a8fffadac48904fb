using System.Diagnostics;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>One way of doing what a figure measures: ours, or what a user would write instead.</summary>
internal abstract class Shape(string name) : IDisposable
{
    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    /// <summary>The name in tables and JSON, for instance <c>core_csharp</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Operations of the first sample, before the runner has found how many fill its time.</summary>
    public virtual int FirstOperations => 1000;

    /// <summary>Fewest operations of one sample.</summary>
    public virtual int LeastOperations => 40;

    /// <summary>Most operations of one sample.</summary>
    public virtual int MostOperations => 20_000_000;

    /// <summary>Counts single operations, where the shape times them; the runner clears it once all is warm.</summary>
    public virtual LatencyHistogram? Latencies => null;

    /// <summary>Measures one sample. The runner calls it from one thread.</summary>
    public virtual Sample Measure(int operations)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var ns = Time(operations);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return new Sample(ns, (double)allocated / operations);
    }

    /// <summary>Runs the operations once, for another harness to time.</summary>
    public double Run(int operations) => Time(operations);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Runs the operations and returns nanoseconds for one.</summary>
    protected abstract double Time(int operations);

    /// <summary>Nanoseconds for each operation since <paramref name="begin"/>, a Stopwatch timestamp.</summary>
    protected static double NsSince(long begin, int operations)
        => (Stopwatch.GetTimestamp() - begin) * NsPerTick / operations;

    /// <summary>Nanoseconds of a number of Stopwatch ticks.</summary>
    protected static double NsOf(double ticks) => ticks * NsPerTick;
}
