using NvmeDoorbell.Perf.Budgets;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>
/// The files that a whole run leaves: <c>report.json</c> for programs, <c>report.md</c> and plots for people, and a line
/// more in <c>history.json</c>.
/// </summary>
internal static class ReportFiles
{
    private const string Json = "report.json";
    private const string Markdown = "report.md";
    private const string History = "history.json";
    private const string Plots = "plots";

    /// <summary>Writes them all; returns where, for the last line of the output.</summary>
    public static string Write(RunReport report, IReadOnlyList<Budget> budgets, string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, Plots));
        JsonReport.Write(Path.Combine(directory, Json), report);
        JsonReport.Append(Path.Combine(directory, History), report);
        var drawn = report.Figures
            .Where(one => PlotWriter.TryWrite(one.Figure, one.Measurements, Path.Combine(directory, Plots)))
            .Select(static one => one.Figure.Name)
            .ToHashSet();
        using var markdown = File.CreateText(Path.Combine(directory, Markdown));
        MarkdownReport.Write(markdown, report, budgets, name => drawn.Contains(name) ? $"{Plots}/{name}.svg" : null);
        return Path.Combine(directory, Markdown);
    }
}
