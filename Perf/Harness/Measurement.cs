namespace NvmeDoorbell.Perf.Harness;

/// <summary>What the samples of one shape in one figure came to.</summary>
/// <param name="Figure">The figure's name.</param>
/// <param name="Shape">The shape's name.</param>
/// <param name="Ns">Median of an operation, in <see cref="Unit"/>.</param>
/// <param name="AllocatedBytes">Managed bytes allocated for an operation, over all samples.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="MinNs">The best sample.</param>
/// <param name="MaxNs">The worst sample.</param>
/// <param name="Ratio">Median over the rounds of the ratio to the reference in the same round; null without one.</param>
internal sealed record Measurement(
    string Figure,
    string Shape,
    double Ns,
    double AllocatedBytes,
    int Samples,
    double MinNs,
    double MaxNs,
    double? Ratio)
{
    /// <summary>What the numbers are in: <c>ns</c>, <c>bytes</c>, <c>%</c>.</summary>
    public string Unit { get; init; } = "ns";

    /// <summary>It is counted and not timed: no other shape is needed to judge it by.</summary>
    public bool IsCounted => IsCountedIn(Unit);

    /// <summary>What is set beside another run's: what is counted as it is, what is timed as a ratio.</summary>
    public double? Comparable => IsCounted ? Ns : Ratio;

    /// <summary>Median CPU time of the device for an operation, in nanoseconds; null where it is not measured.</summary>
    public double? CpuNs { get; init; }

    /// <summary>How single operations were distributed; null where they are not timed one by one.</summary>
    public Latencies? Latencies { get; init; }

    /// <summary>Whether numbers in a unit are counted and not timed.</summary>
    public static bool IsCountedIn(string? unit) => unit is "bytes" or "instructions";
}
