using System.Globalization;
using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Mutants;
using NvmeDoorbell.Model.Runs;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model;

/// <summary>The program: exit code 0 where all is as it must be, 1 where it is not, 2 for a command line that makes no sense.</summary>
internal static class CommandLine
{
    public static int Run(string[] args)
    {
        try
        {
            return Run(Options.Parse(args));
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"model: {wrong.Message}");
            return 2;
        }
    }

    private static int Run(Options options)
    {
        if (options.IsHelp)
        {
            Console.WriteLine(Options.Help);
            return 0;
        }

        if (options.IsList)
        {
            foreach (Scenario scenario in ScenarioList.All)
                Console.WriteLine($"{scenario.Name,-34} {scenario.About}");
            foreach (Mutant mutant in MutantList.All)
                Console.WriteLine($"{mutant.Name,-34} mutant of {mutant.File}, {mutant.Unseen ?? $"caught by {string.Join(", ", mutant.Scenarios)}"}");
            return 0;
        }

        if (options.IsCheck)
            return Check() ? 0 : 1;

        if (!Fiber.IsSupported)
        {
            Console.Error.WriteLine("model: it switches between threads by machine code that is written for x86-64 Linux only");
            return 2;
        }

        Scenario[] scenarios = options.Scenario is null
            ? [.. ScenarioList.All]
            : Options.Choose(ScenarioList.All, scenario => scenario.Name, options.Scenario, "scenario");
        if (options.Replay is not null && (options.Scenario is null || scenarios.Length != 1))
            throw new FormatException("--replay needs one --scenario");
        if (options.IsWorker)
            return Explore(scenarios, options);

        List<Job> jobs = [];
        if (options.Mutant is null && !options.OnlyMutants)
            jobs.AddRange(scenarios.Select(scenario => Job.Of(scenario)));
        if (options.Mutant is not null || options.OnlyMutants || options.Scenario is null)
        {
            // Those that nothing can see are made, when a scenario is named that is to try.
            IEnumerable<Mutant> mutants = options.Mutant is null
                ? MutantList.All
                : Options.Choose(MutantList.All, mutant => mutant.Name, options.Mutant, "mutant");
            jobs.AddRange(mutants
                .Where(mutant => mutant.Unseen is null || options.Scenario is not null)
                .Select(mutant => Job.Of(mutant, options.Scenario is null ? null : scenarios)));
        }

        if (options.Replay is not null)
            return Worker.Replay(jobs[0], options);
        return new Foreman(options).Run(jobs) ? 0 : 1;
    }

    /// <summary>Whether each mutant can be made of the sources as they are, and names scenarios that there are.</summary>
    private static bool Check()
    {
        MutantCompiler compiler = new();
        int failed = 0;
        foreach (Mutant mutant in MutantList.All)
        {
            try
            {
                compiler.Edit(mutant);
                if ((mutant.Unseen is null) == (mutant.Scenarios.Length == 0) || mutant.Scenarios.Any(name => ScenarioList.Find(name) is null))
                    throw new MutantException($"{mutant.Name}: scenarios that are known to catch it, or why none does");
            }
            catch (MutantException wrong)
            {
                Console.WriteLine(wrong.Message);
                failed++;
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{MutantList.All.Count - failed} passed, {failed} failed"));
        return failed == 0;
    }

    /// <summary>The scenarios in turn, in this process; of a mutant no more than the first that catches it.</summary>
    private static int Explore(Scenario[] scenarios, Options options)
    {
        using Explorer explorer = new();
        if (options.Replay is not null)
            return ScenarioRun.Replay(explorer, scenarios[0], options, Console.Out) ? 0 : 1;
        bool isRight = true;
        foreach (Scenario scenario in scenarios)
        {
            isRight &= ScenarioRun.Run(explorer, scenario, options, Console.Out);
            if (!isRight && options.Mutant is not null)
                break;
        }

        return isRight ? 0 : 1;
    }
}
