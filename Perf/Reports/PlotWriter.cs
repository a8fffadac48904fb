using System.Globalization;
using System.Text.RegularExpressions;
using NvmeDoorbell.Perf.Harness;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>Draws figures, as PNG and SVG.</summary>
internal static partial class PlotWriter
{
    private const int WidthPixels = 900;
    private const int HeightPixels = 500;
    private const int TitleLength = 90;
    private const int FontSize = 13;
    private const string RateUnit = "";

    private static readonly Color OurColor = Colors.C0;
    private static readonly Color LimitColor = Colors.C2;
    private static readonly Color OtherColor = Colors.Gray;

    /// <summary>Draws a figure into a directory; false where it is not drawn, or nothing was measured.</summary>
    public static bool TryWrite(Figure figure, IReadOnlyList<Measurement> measurements, string directory)
    {
        if (measurements.Count == 0 || figure.Plot == PlotKind.None) return false;
        using var plot = new Plot();
        plot.Title(PlotText.Wrap($"{figure.Name}: {figure.Title}", TitleLength), FontSize);
        plot.Axes.Title.Label.Bold = false;
        var isDrawn = figure.Plot switch
        {
            PlotKind.Distribution => DrawDistribution(plot, measurements),
            PlotKind.Lines => DrawLines(plot, figure, measurements),
            _ => DrawBars(plot, figure, measurements),
        };
        if (!isDrawn) return false;
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.Label.FontSize = FontSize;
            axis.Label.Bold = false;
        }
        var path = Path.Combine(directory, figure.Name);
        plot.SavePng($"{path}.png", WidthPixels, HeightPixels);
        plot.SaveSvg($"{path}.svg", WidthPixels, HeightPixels);
        return true;
    }

    private static bool DrawBars(Plot plot, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        var ordered = measurements.Where(static one => one.Ns > 0).OrderByDescending(static one => one.Ns).ToList();
        if (ordered.Count == 0) return false;
        var scale = PlotScale.Of([.. ordered.Select(static one => one.Ns)], figure.Unit);
        var hasOthers = ordered.Exists(static one => IsOurs(one.Shape));
        for (var i = 0; i < ordered.Count; i++)
        {
            var bar = plot.Add.Bar(i, scale.At(ordered[i].Ns));
            bar.Horizontal = true;
            bar.Color = ColorOf(ordered[i].Shape, hasOthers);
            bar.Bars[0].ValueBase = scale.IsLogarithmic ? scale.At(scale.Least) : 0;
            bar.Bars[0].Label = PlotText.Number(ordered[i].Ns, figure.Unit);
        }
        plot.Axes.Left.SetTicks(
            [.. Enumerable.Range(0, ordered.Count).Select(static i => (double)i)], [.. ordered.Select(static one => one.Shape)]);
        plot.Axes.Bottom.TickGenerator = scale.CreateTicks();
        plot.Axes.SetLimitsX(scale.At(scale.Least), scale.EndAt(margin: 0.12));
        plot.XLabel(scale.Name(NameOf(figure)));
        ShowColors(plot, ordered, hasOthers);
        return true;
    }

    private static bool DrawDistribution(Plot plot, IReadOnlyList<Measurement> measurements)
    {
        var timed = measurements.Where(static one => one.Latencies is not null).ToList();
        if (timed.Count == 0) return false;
        var scale = PlotScale.Logarithmic(
            [.. timed.SelectMany(static one => one.Latencies!.Curve).Select(static point => Math.Max(point.Ns, 1))], "ns");
        foreach (var one in timed)
        {
            var curve = one.Latencies!.Curve;
            var line = plot.Add.ScatterLine(
                curve.Select(point => scale.At(Math.Max(point.Ns, 1))).ToArray(),
                curve.Select(point => TailOf(point.Part, one.Latencies.Count)).ToArray());
            line.LegendText = one.Shape;
            line.LineWidth = IsOurs(one.Shape) ? 3 : 1.5f;
        }
        plot.Axes.Bottom.TickGenerator = scale.CreateTicks();
        var tails = new NumericManual();
        foreach (var percent in new[] { 0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999 })
            tails.AddMajor(TailOf(percent / 100, long.MaxValue), percent.ToString(CultureInfo.InvariantCulture));
        plot.Axes.Left.TickGenerator = tails;
        plot.XLabel(scale.Name("time of one operation"));
        plot.YLabel("% that took no longer");
        plot.ShowLegend(Edge.Right);
        return true;
    }

    private static bool DrawLines(Plot plot, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        var points = measurements
            .Select(one => (one.Shape, Value: figure.IsDrawnAsRate ? 1e9 / one.Ns : one.Ns, Match: LineAndNumber().Match(one.Shape)))
            .Where(static one => one.Value > 0)
            .ToList();
        if (!points.Exists(static one => one.Match.Success)) return false;
        var numbers = points.Where(static one => one.Match.Success).Select(static one => NumberOf(one.Match)).Distinct().ToList();
        // 0 has no place on a logarithmic axis; it gets one a decade before the first that has.
        var first = numbers.Where(static number => number > 0).DefaultIfEmpty(1).Min();
        double At(double number) => Math.Log10(number > 0 ? number : first / 10);
        var scale = PlotScale.Of([.. points.Select(static one => one.Value)], figure.IsDrawnAsRate ? RateUnit : figure.Unit);
        var lines = points.GroupBy(static one => one.Match.Success ? one.Match.Groups["line"].Value : one.Shape).ToList();
        foreach (var line in lines.Where(static line => line.First().Match.Success))
        {
            var scatter = plot.Add.Scatter(
                line.Select(one => At(NumberOf(one.Match))).ToArray(), line.Select(one => scale.At(one.Value)).ToArray());
            scatter.LegendText = line.Key;
            scatter.LineWidth = 2;
        }
        // What has no number is the same everywhere.
        foreach (var line in lines.Where(static line => !line.First().Match.Success))
        {
            var level = plot.Add.HorizontalLine(scale.At(line.First().Value), 2, LimitColor, LinePattern.Dashed);
            level.LegendText = line.Key;
        }
        plot.Axes.Bottom.SetTicks(
            [.. numbers.Select(At)], [.. numbers.Select(static number => number.ToString("#,0", CultureInfo.InvariantCulture))]);
        plot.Axes.Left.TickGenerator = scale.CreateTicks();
        plot.Axes.SetLimitsY(scale.At(scale.Least), scale.EndAt(margin: 0.1));
        plot.XLabel($"{figure.Axis}, logarithmic");
        plot.YLabel(scale.Name(NameOf(figure)));
        if (lines.Count > 1) plot.ShowLegend(Edge.Right);
        else plot.HideLegend();
        return true;
    }

    private static string NameOf(Figure figure) =>
        figure.IsDrawnAsRate ? "commands a second" : figure.Unit == "ns" ? "time" : figure.Unit;

    /// <summary>The part that took no longer, in decades of what is left: half the height is for the slowest.</summary>
    private static double TailOf(double part, long count) => -Math.Log10(Math.Max(1 - part, 1.0 / count));

    private static bool IsOurs(string shape) => shape.StartsWith("core_", StringComparison.Ordinal);

    private static bool IsLimit(string shape) => shape.StartsWith("limit", StringComparison.Ordinal);

    /// <summary>Where no shape says that it is ours, all are.</summary>
    private static Color ColorOf(string shape, bool hasOthers) =>
        IsLimit(shape) ? LimitColor : !hasOthers || IsOurs(shape) ? OurColor : OtherColor;

    private static void ShowColors(Plot plot, List<Measurement> measurements, bool hasOthers)
    {
        var colors = measurements.Select(one => ColorOf(one.Shape, hasOthers)).ToHashSet();
        if (colors.Count < 2) return;
        (Color, string)[] names = [(OurColor, "ours"), (OtherColor, "what others do"), (LimitColor, "limit")];
        foreach (var (color, name) in names.Where(one => colors.Contains(one.Item1)))
            plot.Legend.ManualItems.Add(new LegendItem { LabelText = name, FillColor = color });
        plot.ShowLegend(Edge.Right);
    }

    private static double NumberOf(Match match) =>
        double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^(?<line>.+)_(?<number>[0-9]+)[a-z]*$")]
    private static partial Regex LineAndNumber();
}
