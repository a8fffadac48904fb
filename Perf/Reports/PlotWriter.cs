using System.Globalization;
using System.Text.RegularExpressions;
using NvmeDoorbell.Perf.Harness;
using ScottPlot;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>Draws figures, as PNG and SVG.</summary>
internal static partial class PlotWriter
{
    private const int WidthPixels = 900;
    private const int HeightPixels = 500;

    // A line that spans more than so much is drawn on a logarithmic axis.
    private const double WideRange = 30;

    /// <summary>Draws a figure into a directory; false where it is not drawn, or nothing was measured.</summary>
    public static bool TryWrite(Figure figure, IReadOnlyList<Measurement> measurements, string directory)
    {
        if (measurements.Count == 0 || figure.Plot == PlotKind.None) return false;
        using var plot = new Plot();
        plot.Title($"{figure.Name}\n{figure.Title}", size: 13);
        var isDrawn = figure.Plot switch
        {
            PlotKind.Distribution => DrawDistribution(plot, measurements),
            PlotKind.Lines => DrawLines(plot, figure, measurements),
            _ => DrawBars(plot, figure, measurements),
        };
        if (!isDrawn) return false;
        var path = Path.Combine(directory, figure.Name);
        plot.SavePng($"{path}.png", WidthPixels, HeightPixels);
        plot.SaveSvg($"{path}.svg", WidthPixels, HeightPixels);
        return true;
    }

    private static bool DrawBars(Plot plot, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        var ordered = measurements.OrderByDescending(static one => one.Ns).ToList();
        // From a decade that leaves the shortest bar some length, so that the bars' lengths tell them apart.
        var first = (int)Math.Floor(Math.Log10(Math.Max(ordered.Count == 0 ? 1 : ordered[^1].Ns, 1e-3) / 2));
        for (var i = 0; i < ordered.Count; i++)
        {
            var bar = plot.Add.Bar(i, Math.Log10(Math.Max(ordered[i].Ns, 1e-3)) - first);
            bar.Horizontal = true;
            bar.Color = ordered[i].Shape.StartsWith("core_", StringComparison.Ordinal) ? Colors.C0 : Colors.Gray;
            bar.Bars[0].Label = Report.Number(ordered[i].Ns);
        }
        plot.Axes.Left.SetTicks(
            [.. Enumerable.Range(0, ordered.Count).Select(static i => (double)i)], [.. ordered.Select(static one => one.Shape)]);
        plot.Axes.Bottom.SetTicks(
            [.. Enumerable.Range(0, 14).Select(static i => (double)i)],
            [.. Enumerable.Range(first, 14).Select(static i => Math.Pow(10, i).ToString("0.###", CultureInfo.InvariantCulture))]);
        plot.XLabel($"{figure.Unit}, logarithmic");
        plot.Axes.Margins(left: 0, right: 0.15);
        return true;
    }

    private static bool DrawDistribution(Plot plot, IReadOnlyList<Measurement> measurements)
    {
        var timed = measurements.Where(static one => one.Latencies is not null).ToList();
        foreach (var one in timed)
        {
            var curve = one.Latencies!.Curve;
            var line = plot.Add.ScatterLine(
                curve.Select(static point => Math.Log10(Math.Max(point.Ns, 1))).ToArray(),
                curve.Select(static point => point.Part * 100).ToArray());
            line.LegendText = one.Shape;
            line.LineWidth = 2;
        }
        SetDecades(plot.Axes.Bottom);
        plot.XLabel("ns, logarithmic");
        plot.YLabel("% that took no longer");
        plot.ShowLegend(Alignment.LowerRight);
        return timed.Count != 0;
    }

    private static bool DrawLines(Plot plot, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        var points = measurements
            .Select(one => (Value: figure.IsDrawnAsRate ? 1e9 / one.Ns : one.Ns, Match: LineAndNumber().Match(one.Shape)))
            .Where(static one => one.Match.Success && one.Value > 0)
            .ToList();
        if (points.Count == 0) return false;
        var most = points.Max(static one => one.Value);
        var isWide = most > WideRange * points.Min(static one => one.Value);
        foreach (var line in points.GroupBy(static one => one.Match.Groups["line"].Value))
        {
            var scatter = plot.Add.Scatter(
                line.Select(static one => Math.Log10(Math.Max(NumberOf(one.Match), 1))).ToArray(),
                line.Select(one => isWide ? Math.Log10(one.Value) : one.Value).ToArray());
            scatter.LegendText = line.Key;
            scatter.LineWidth = 2;
        }
        SetDecades(plot.Axes.Bottom);
        if (isWide) SetDecades(plot.Axes.Left);
        else plot.Axes.SetLimitsY(0, most * 1.1);
        plot.XLabel($"{figure.Axis}, logarithmic");
        plot.YLabel((figure.IsDrawnAsRate ? "commands a second" : figure.Unit) + (isWide ? ", logarithmic" : ""));
        plot.ShowLegend(figure.IsDrawnAsRate ? Alignment.LowerRight : Alignment.UpperLeft);
        return true;
    }

    private static double NumberOf(Match match) =>
        double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);

    private static void SetDecades(IAxis axis) => axis.SetTicks(
        [.. Enumerable.Range(-2, 12).Select(static i => (double)i)],
        [.. Enumerable.Range(-2, 12).Select(static i => Math.Pow(10, i).ToString("#,0.##", CultureInfo.InvariantCulture))]);

    [GeneratedRegex("^(?<line>.+)_(?<number>[0-9]+)[a-z]*$")]
    private static partial Regex LineAndNumber();
}
