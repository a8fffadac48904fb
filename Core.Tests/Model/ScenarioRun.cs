using System.Globalization;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model;

/// <summary>Explores one scenario and says in lines of text what came of it.</summary>
internal static class ScenarioRun
{
    /// <summary>Explores under each of the scenario's orders. False: not as it must be.</summary>
    public static bool Run(Explorer explorer, Scenario scenario, Options options, TextWriter output)
    {
        bool isRight = true;
        foreach (MemoryOrder order in options.Order is { } only ? [only] : scenario.Orders)
        {
            Exploration result = Explore(explorer, scenario, options, order);
            string? wrong = Judge(scenario, result);
            isRight &= wrong is null;
            output.WriteLine(Line(scenario, result, wrong));
            if (wrong is not null && result.Schedule is not null)
                Explain(explorer, scenario, result, output);
        }

        return isRight;
    }

    /// <summary>Explores under one order.</summary>
    public static Exploration Explore(Explorer explorer, Scenario scenario, Options options, MemoryOrder order) =>
        explorer.Explore(scenario.Build, order, scenario.IsCausal || options.IsCausal, options.Bound ?? scenario.Bound,
            options.Limit, progress: result => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"    {scenario.Name}: {result.Schedules:N0} schedules, {result.States:N0} states so far")));

    /// <summary>Runs one schedule, as a failure printed it, and shows each step.</summary>
    public static bool Replay(Explorer explorer, Scenario scenario, Options options, TextWriter output)
    {
        MemoryOrder order = options.Order ?? scenario.Orders[^1];
        string[] parts = options.Replay!.Split(':');
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int restarts))
            throw new FormatException("a schedule is a number, a colon, and letters");
        explorer.Explore(scenario.Build, order, scenario.IsCausal || options.IsCausal, options.Bound ?? scenario.Bound,
            options.Limit, maxRestarts: restarts);
        (TraceLog trace, string? failure) = explorer.Replay(scenario.Build, parts[1]);
        output.Write(trace);
        output.WriteLine(failure ?? "nothing wrong");
        return failure is null;
    }

    /// <summary>The failing execution, step by step, and the command that shows it again.</summary>
    public static void Explain(Explorer explorer, Scenario scenario, Exploration result, TextWriter output)
    {
        output.WriteLine();
        output.Write(explorer.Replay(scenario.Build, result.Schedule!).Trace);
        output.WriteLine();
        output.WriteLine($"  {result.Failure}");
        string bound = result.Bound < 0 ? "" : $" --bound {result.Bound}";
        string causal = result.IsCausal && !scenario.IsCausal ? " --causal" : "";
        output.WriteLine($"  again: ./build.sh model --scenario {scenario.Name} --order {result.Order}{bound}{causal} --replay {result.Restarts}:{result.Schedule}");
        output.WriteLine();
    }

    private static string? Judge(Scenario scenario, Exploration result)
    {
        if (scenario.Failure is { } expected)
        {
            return result.Failure is null ? $"nothing found; must find: {expected}"
                : result.Failure.Contains(expected, StringComparison.Ordinal) ? null : result.Failure;
        }

        if (result.Failure is not null)
            return result.Failure;
        if (!result.IsExhausted)
            return "not exhausted in the time given";
        if (scenario.Outcomes is not null && !result.Outcomes.SetEquals(scenario.Outcomes(result.Order)))
            return $"outcomes {string.Join(' ', result.Outcomes)}; must be {string.Join(' ', scenario.Outcomes(result.Order))}";
        return null;
    }

    private static string Line(Scenario scenario, Exploration result, string? wrong)
    {
        string verdict = wrong is not null ? "FAILED" : scenario.Failure is not null ? "found" : "holds";
        string bound = result.Bound < 0 ? "all" : result.Bound.ToString(CultureInfo.InvariantCulture);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{scenario.Name,-34} {result.Order,-10} {bound,4} {result.Schedules,11:N0} {result.States,11:N0} {result.Elapsed.TotalSeconds,7:F1} s  {verdict}");
        return wrong is null ? line : $"{line}: {wrong}";
    }
}
