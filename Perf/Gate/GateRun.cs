using System.Globalization;
using NvmeDoorbell.Perf.Budgets;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>What CI runs: nothing may be allocated, and no time may be wildly off.</summary>
internal sealed class GateRun(TextWriter output, string traceDirectory)
{
    /// <summary>The name of these checks on the command line and in JSON.</summary>
    public const string Allocations = "allocations";

    private int _passed;
    private int _failed;

    /// <summary>Checks that no workload allocates, and that the canary is caught.</summary>
    /// <returns>What the workloads took and allocated, as a figure.</returns>
    public IReadOnlyList<Measurement> CheckAllocations(bool isFull)
    {
        var all = new List<Measurement>();
        foreach (var entry in Workloads.All)
        {
            var run = Watcher.Run(
                entry.Name,
                isFull ? entry.FullCycles : entry.GateCycles,
                isFull ? entry.FullTime : TimeSpan.Zero,
                traceDirectory);
            var isCanary = entry.Name == Workloads.Canary;
            var good = run.WasWatched && (isCanary
                ? run.AllocatedBytes > 0 && run.AllocationEvents > 0
                : run.IsClean(entry.RuntimeBytes));
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{entry.Name}: {run.Cycles:#,0} cycles of {run.Ns:#,0.0} ns, {run.AllocatedBytes:#,0} bytes, "
                + $"{run.Collections} collections; seen from outside: {run.AllocationEvents} allocation events, "
                + $"{run.CollectionEvents} collections");
            if (isCanary) text += " (allocates on purpose: it must be seen)";
            if (!run.WasWatched) text += " (the event stream lacks its marks)";
            if (good) File.Delete(run.TracePath);
            else text += $"; trace: {run.TracePath}";
            Check(good, text);
            if (isCanary) continue;
            all.Add(new Measurement(
                Allocations,
                $"core_csharp_{entry.Name}",
                run.Ns,
                (double)run.AllocatedBytes / run.Cycles,
                Samples: 1,
                run.Ns,
                run.Ns,
                Ratio: null));
        }
        return all;
    }

    /// <summary>Checks that no time is wildly off. What cannot be measured here is not counted.</summary>
    public void CheckBudgets(IEnumerable<Budget> budgets, IReadOnlyList<Measurement> all)
    {
        output.WriteLine();
        foreach (var budget in budgets)
        {
            if (budget.FailAbove is not { } bound) continue;
            if (budget.Find(all) is not { } value)
            {
                output.WriteLine($"-      {budget.Figure} {budget.Shape}: not measured here");
                continue;
            }
            Check(
                value <= bound,
                $"{budget.Figure} {budget.Shape}: {BudgetTable.Text(value, budget.Unit)}{(budget.Reference.Length == 0 ? "" : $" {budget.Reference}")}, "
                + $"refused above {BudgetTable.Text(bound, budget.Unit)}");
        }
    }

    /// <summary>Prints and counts one check.</summary>
    public void Check(bool good, string text)
    {
        output.WriteLine($"{(good ? "ok    " : "FAILED")} {text}");
        if (good) _passed++;
        else _failed++;
    }

    /// <summary>Prints the last line, where anything was checked, and returns the exit code.</summary>
    public int End()
    {
        if (_passed + _failed == 0) return 0;
        output.WriteLine($"{_passed} passed, {_failed} failed");
        return _failed == 0 ? 0 : 1;
    }
}
