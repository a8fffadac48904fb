using System.Globalization;
using NvmeDoorbell.Perf.Benchmarks;
using NvmeDoorbell.Perf.Budgets;
using NvmeDoorbell.Perf.Gate;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Reports;

namespace NvmeDoorbell.Perf;

/// <summary>A run of the figures: measures, prints, writes.</summary>
internal static class PerfRun
{
    private static readonly string Output = Path.Combine("artifacts", "perf");

    /// <summary>Returns the exit code.</summary>
    public static int Execute(Options options, IReadOnlyList<Figure> figures)
    {
        if (options.IsList)
        {
            foreach (var figure in figures) Console.WriteLine($"{figure.Name,-22} {figure.Title}");
            Console.WriteLine($"{GateRun.Allocations,-22} What sleeps and commands allocate, watched from another process");
            return 0;
        }
        if (options.IsBenchmarks) return BenchmarkRun.Execute(Output) ? 0 : 1;
        var library = FindLibrary(options.LibraryPath);
        using var peers = PeersProcess.StartNative(library);
        using var aot = options.IsGate ? null : PeersProcess.StartAot(Find("perf-aot", "nvmedb-perf-aot"));
        if (peers is null) Console.WriteLine("No native shapes: Perf/native has not been built (is there a C compiler?).");
        else if (library is null) Console.WriteLine("No libnvmedoorbell.so: core_c_inline and core_c_export are left out.");

        var runner = new Runner(
            new Surroundings(peers, options.IsFull, library, aot),
            mostRounds: options.IsGate ? 15 : options.IsFull ? 101 : 31,
            sampleTime: TimeSpan.FromMilliseconds(options.IsFull ? 10 : 4),
            ShowProgress);
        var budgets = BudgetTable.Read();
        var gate = new GateRun(Console.Out, Output);
        if (options.IsGate) budgets = [.. budgets.Where(static budget => budget.FailAbove is not null)];
        if (options.IsGate) figures = [.. figures.Where(figure => budgets.Any(budget => budget.IsAbout(figure.Name)))];
        var isWhole = options.Figures.Count == 0;
        var old = options.ComparePath is null ? null : JsonReport.ReadComparables(options.ComparePath);
        var all = new List<Measurement>();
        var figured = new List<(Figure, IReadOnlyList<Measurement>)>();
        if (isWhole || options.IsGate || options.Figures.Contains(GateRun.Allocations))
            all.AddRange(gate.CheckAllocations(options.IsFull));
        foreach (var figure in figures)
        {
            var measurements = runner.Run(
                figure,
                options.IsGate ? shape => budgets.Any(budget => budget.IsAbout(figure.Name, shape)) : null);
            ShowProgress("");
            Report.Write(Console.Out, figure, measurements);
            all.AddRange(measurements);
            figured.Add((figure, measurements));
        }
        BudgetTable.Write(Console.Out, budgets, all);
        if (options.JsonPath is not null) Report.WriteJson(options.JsonPath, all);
        if (!options.IsGate)
        {
            var report = new RunReport(DateTime.UtcNow, MachineName.Read(), figured);
            Console.WriteLine($"\nReport: {ReportFiles.Write(report, budgets, Output)}");
        }
        if (old is not null)
        {
            var grown = Comparison.Write(Console.Out, old, all);
            gate.Check(grown.Count == 0, "nothing of ours has grown since the earlier run");
        }
        if (options.IsGate) gate.CheckBudgets(budgets, all);
        if (options.IsFull && isWhole)
            gate.Check(BenchmarkRun.Execute(Output), "BenchmarkDotNet, just-in-time and NativeAOT");
        return gate.End();
    }

    /// <summary>One line that is written over, on a terminal only.</summary>
    private static void ShowProgress(string text)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{text,-70}\r"));
    }

    private static string? FindLibrary(string? wanted)
    {
        if (wanted is not null) return Path.GetFullPath(wanted);
        return Find("native", "libnvmedoorbell.so");
    }

    /// <summary>A file that build.sh has put below artifacts, or null.</summary>
    private static string? Find(string directory, string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "artifacts", directory, name);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
