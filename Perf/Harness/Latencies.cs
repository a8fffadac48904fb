namespace NvmeDoorbell.Perf.Harness;

/// <summary>How single operations were distributed.</summary>
/// <param name="P50Ns">Half took no longer.</param>
/// <param name="P99Ns">99 of 100.</param>
/// <param name="P999Ns">999 of 1000.</param>
/// <param name="MaxNs">The longest.</param>
/// <param name="Count">Number of operations.</param>
/// <param name="Curve">The distribution, for a plot.</param>
internal sealed record Latencies(
    double P50Ns, double P99Ns, double P999Ns, double MaxNs, long Count, IReadOnlyList<LatencyPoint> Curve);
