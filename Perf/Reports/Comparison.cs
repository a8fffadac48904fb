using System.Globalization;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>
/// A run beside an earlier one, by ratios to references: these move little between runs and machines. What has become
/// slower than noise explains is said, and fails the run.
/// </summary>
internal static class Comparison
{
    /// <summary>Ratios of one commit have been seen to differ so much between two runs of a busy machine.</summary>
    public const double Tolerance = 1.5;

    private const string Row = "  {0,-24} {1,-32} {2,8} {3,8} {4,8}";

    /// <summary>Writes what has changed; returns the shapes of ours that have become slower.</summary>
    public static IReadOnlyList<string> Write(
        TextWriter output,
        IReadOnlyDictionary<(string Figure, string Shape), double> old,
        IReadOnlyList<Measurement> all)
    {
        var slower = new List<string>();
        output.WriteLine();
        output.WriteLine("Compared with the earlier run (ratios to references)");
        output.WriteLine(Row, "figure", "shape", "earlier", "now", "change");
        foreach (var one in all)
        {
            if (one.Ratio is not { } now || !old.TryGetValue((one.Figure, one.Shape), out var before) || before <= 0) continue;
            var change = now / before;
            if (change < Tolerance && change > 1 / Tolerance) continue;
            output.WriteLine(Row, one.Figure, one.Shape, Text(before), Text(now), Text(change));
            if (change >= Tolerance && one.Shape.StartsWith("core_", StringComparison.Ordinal))
                slower.Add($"{one.Figure} {one.Shape}");
        }
        output.WriteLine(slower.Count == 0
            ? "  nothing of ours has become slower than noise explains"
            : $"  slower: {string.Join(", ", slower)}");
        return slower;
    }

    private static string Text(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);
}
