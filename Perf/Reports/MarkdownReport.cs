using System.Globalization;
using NvmeDoorbell.Perf.Budgets;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>A run as Markdown: goals first, then a table and a plot for each figure.</summary>
internal static class MarkdownReport
{
    public static void Write(
        TextWriter output, RunReport report, IReadOnlyList<Budget> budgets, Func<string, string?> findPlot)
    {
        var all = report.Figures.SelectMany(static one => one.Measurements).ToList();
        output.WriteLine("# Measurements");
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Time:u}, {report.Machine}."));
        output.WriteLine();
        output.WriteLine(
            "Medians; the ratio is the median of the ratios to the figure's reference in the same round. What each figure is"
            + " stands in docs/performance.md.");
        WriteGoals(output, budgets, all);
        foreach (var (figure, measurements) in report.Figures)
        {
            if (measurements.Count != 0) WriteFigure(output, figure, measurements, findPlot(figure.Name));
        }
    }

    private static void WriteGoals(TextWriter output, IReadOnlyList<Budget> budgets, List<Measurement> all)
    {
        output.WriteLine();
        output.WriteLine("## Goals");
        output.WriteLine();
        output.WriteLine("| figure | shape | compared with | measured | goal | |");
        output.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var budget in budgets)
        {
            if (budget.Find(all) is not { } value) continue;
            output.WriteLine(
                $"| {budget.Figure} | {budget.Shape} | {budget.Reference} | {BudgetTable.Text(value, budget.Unit)} |"
                + $" {BudgetTable.Text(budget.Goal, budget.Unit)} | {(budget.IsReached(value) ? "reached" : "**missed**")} |");
        }
    }

    private static void WriteFigure(
        TextWriter output, Figure figure, IReadOnlyList<Measurement> measurements, string? plot)
    {
        var hasCpu = measurements.Any(static one => one.CpuNs is not null);
        var hasLatencies = measurements.Any(static one => one.Latencies is not null);
        output.WriteLine();
        output.WriteLine($"## {figure.Name}");
        output.WriteLine();
        output.WriteLine($"{figure.Title}.");
        output.WriteLine();
        output.WriteLine(
            $"| shape | {figure.Unit} | least | most | ratio |{(hasCpu ? " CPU ns |" : "")}"
            + $"{(hasLatencies ? " p50 | p99 | p99.9 | longest |" : "")} bytes/op |");
        output.WriteLine(
            $"| --- | --- | --- | --- | --- |{(hasCpu ? " --- |" : "")}{(hasLatencies ? " --- | --- | --- | --- |" : "")} --- |");
        foreach (var one in measurements)
        {
            output.Write($"| {one.Shape} | {Report.Number(one.Ns)} | {Report.Number(one.MinNs)} | {Report.Number(one.MaxNs)} |");
            output.Write($" {(one.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "")} |");
            if (hasCpu) output.Write($" {(one.CpuNs is { } cpu ? Report.Number(cpu) : "")} |");
            if (hasLatencies)
            {
                output.Write(one.Latencies is { } took
                    ? $" {Report.Number(took.P50Ns)} | {Report.Number(took.P99Ns)} | {Report.Number(took.P999Ns)} | {Report.Number(took.MaxNs)} |"
                    : " | | | |");
            }
            output.WriteLine($" {Report.Bytes(one.AllocatedBytes)} |");
        }
        if (plot is null) return;
        output.WriteLine();
        output.WriteLine($"![{figure.Title}]({plot})");
    }
}
