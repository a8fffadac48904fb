using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Budgets;

/// <summary>What a shape may cost, as a ratio to another shape of the same run or in nanoseconds.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Shape">The shape of ours.</param>
/// <param name="ReferenceFigure">Where the reference was measured; null: the same figure.</param>
/// <param name="ReferenceShape">What it is compared with; null: nothing, the budget is in nanoseconds.</param>
/// <param name="Goal">What it is to reach on a quiet machine.</param>
/// <param name="FailAbove">What the gate refuses, on a machine as noisy as CI's: something has gone wrong. Null: the gate
/// does not look.</param>
/// <param name="Reason">Why these numbers.</param>
internal sealed record Budget(
    string Figure,
    string Shape,
    string? ReferenceFigure,
    string? ReferenceShape,
    double Goal,
    double? FailAbove,
    string Reason)
{
    /// <summary>The unit of the numbers.</summary>
    public string Unit => ReferenceShape is null ? OwnUnit : "x";

    /// <summary>The unit of the figure, where the budget is not a ratio.</summary>
    public string OwnUnit { get; init; } = "ns";

    /// <summary>What of the measurement counts: null, its median; <c>cpu</c>, <c>p50</c>, <c>p99</c>.</summary>
    public string? Part { get; init; }

    /// <summary>Whether a measured value is as good as the goal, or better.</summary>
    public bool IsReached(double value) => value <= Goal;

    /// <summary>What it is compared with, for people.</summary>
    public string Reference => (ReferenceFigure, ReferenceShape) switch
    {
        (_, null) => "",
        (null, _) => ReferenceShape,
        _ => $"{ReferenceShape} of {ReferenceFigure}",
    };

    /// <summary>Whether it needs this figure, or this shape of it.</summary>
    public bool IsAbout(string figure, string? shape = null)
        => (figure == Figure && (shape is null || shape == Shape || (shape == ReferenceShape && ReferenceFigure is null)))
        || (figure == ReferenceFigure && (shape is null || shape == ReferenceShape));

    /// <summary>What was measured, in the budget's unit; null where the shape or its reference is not there.</summary>
    public double? Find(IReadOnlyList<Measurement> all)
    {
        var own = all.FirstOrDefault(one => one.Figure == Figure && one.Shape == Shape);
        if (own is null) return null;
        if (ReferenceShape is null) return Read(own);
        var reference = all.FirstOrDefault(
            one => one.Figure == (ReferenceFigure ?? Figure) && one.Shape == ReferenceShape);
        if (reference is null) return null;
        // Within a figure the ratios of the single rounds leave out what the machine did between them.
        return Part is null && own.Ratio is { } ratio && reference.Ratio is 1 ? ratio : Read(own) / Read(reference);
    }

    private double? Read(Measurement one) => Part switch
    {
        "cpu" => one.CpuNs,
        "p50" => one.Latencies?.P50Ns,
        "p99" => one.Latencies?.P99Ns,
        _ => one.Ns,
    };
}
