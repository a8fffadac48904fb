using System.Globalization;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model.Runs;

/// <summary>Explores one scenario and writes what came of it: a result's line, and the trace of what fails.</summary>
internal static class ScenarioRun
{
    /// <summary>Explores under each of the scenario's orders. False: not as it must be.</summary>
    public static bool Run(Explorer explorer, Scenario scenario, Options options, TextWriter output)
    {
        bool isRight = true;
        foreach (MemoryOrder order in options.Order is { } only ? [only] : scenario.Orders)
        {
            Exploration result = explorer.Explore(scenario.Build, order, scenario.IsCausal || options.IsCausal,
                options.BoundOf(scenario.Bound), options.Limit);
            (Verdict verdict, string wrong) = Judge(scenario, result);
            isRight &= verdict is Verdict.Holds or Verdict.Found;
            output.WriteLine(new RunResult(scenario.Name, order, result.Bound, result.Schedules, result.States,
                result.Elapsed.TotalSeconds, verdict, wrong).ToLine());
            if (verdict == Verdict.Failed && result.Schedule is not null)
                Explain(explorer, scenario, options, result, output);
        }

        return isRight;
    }

    /// <summary>Runs one schedule, as a failure printed it, and shows each step.</summary>
    public static bool Replay(Explorer explorer, Scenario scenario, Options options, TextWriter output)
    {
        MemoryOrder order = options.Order ?? scenario.Orders[^1];
        string[] parts = options.Replay!.Split(':');
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int restarts))
            throw new FormatException("a schedule is a number, a colon, and letters");
        explorer.Explore(scenario.Build, order, scenario.IsCausal || options.IsCausal, options.BoundOf(scenario.Bound),
            options.Limit, maxRestarts: restarts);
        (TraceLog trace, string? failure) = explorer.Replay(scenario.Build, parts[1]);
        output.Write(trace);
        output.WriteLine(failure ?? "nothing wrong");
        return failure is null;
    }

    /// <summary>The failing execution, step by step, and the command that shows it again.</summary>
    private static void Explain(Explorer explorer, Scenario scenario, Options options, Exploration result, TextWriter output)
    {
        output.WriteLine();
        output.Write(explorer.Replay(scenario.Build, result.Schedule!).Trace);
        output.WriteLine();
        output.WriteLine($"  {result.Failure}");
        string mutant = options.Mutant is null ? "" : $" --mutant {options.Mutant}";
        string bound = result.Bound < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" --bound {result.Bound}");
        string causal = result.IsCausal && !scenario.IsCausal ? " --causal" : "";
        output.WriteLine($"  again: ./build.sh model{mutant} --scenario {scenario.Name} --order {result.Order}{bound}{causal} --replay {result.Restarts}:{result.Schedule}");
        output.WriteLine();
    }

    private static (Verdict Verdict, string Wrong) Judge(Scenario scenario, Exploration result)
    {
        if (scenario.Failure is { } expected)
        {
            return result.Failure is null ? (Verdict.Failed, $"nothing found; must find: {expected}")
                : result.Failure.Contains(expected, StringComparison.Ordinal) ? (Verdict.Found, "")
                : (Verdict.Failed, result.Failure);
        }

        if (result.Failure is not null)
            return (Verdict.Failed, result.Failure);
        if (!result.IsExhausted)
            return (Verdict.Unfinished, "not exhausted in the time given");
        if (scenario.Outcomes is not null && !result.Outcomes.SetEquals(scenario.Outcomes(result.Order)))
            return (Verdict.Failed, $"outcomes {string.Join(' ', result.Outcomes)}; must be {string.Join(' ', scenario.Outcomes(result.Order))}");
        return (Verdict.Holds, "");
    }
}
