using System.Globalization;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>
/// A run beside an earlier one: times by their ratios to references, which move little between runs and machines; bytes and
/// instructions as they are. What has grown by more than noise explains is said, and fails the run.
/// </summary>
internal static class Comparison
{
    /// <summary>Ratios of one commit have been seen to differ so much between two runs of a busy machine.</summary>
    public const double Tolerance = 1.5;

    /// <summary>What is counted differs less: resident memory by some percent, the rest not at all.</summary>
    public const double CountedTolerance = 1.2;

    private const string Row = "  {0,-24} {1,-32} {2,12} {3,12} {4,8}";

    /// <summary>Writes what has changed; returns the shapes of ours that have grown.</summary>
    public static IReadOnlyList<string> Write(
        TextWriter output,
        IReadOnlyDictionary<(string Figure, string Shape), double> old,
        IReadOnlyList<Measurement> all)
    {
        var grown = new List<string>();
        output.WriteLine();
        output.WriteLine("Compared with the earlier run (times as ratios to references)");
        output.WriteLine(Row, "figure", "shape", "earlier", "now", "change");
        foreach (var one in all)
        {
            if (one.Comparable is not { } now || !old.TryGetValue((one.Figure, one.Shape), out var before) || before <= 0) continue;
            var change = now / before;
            var tolerance = one.IsCounted ? CountedTolerance : Tolerance;
            if (change < tolerance && change > 1 / tolerance) continue;
            output.WriteLine(Row, one.Figure, one.Shape, Text(before), Text(now), Text(change));
            if (change >= tolerance && (one.IsCounted || one.Shape.StartsWith("core_", StringComparison.Ordinal)))
                grown.Add($"{one.Figure} {one.Shape}");
        }
        output.WriteLine(grown.Count == 0
            ? "  nothing of ours has grown by more than noise explains"
            : $"  grown: {string.Join(", ", grown)}");
        return grown;
    }

    private static string Text(double value) =>
        value.ToString(value < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);
}
