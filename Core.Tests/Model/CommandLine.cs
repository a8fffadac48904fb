using System.Globalization;
using NvmeDoorbell.Model.Engine;
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
            return 0;
        }

        if (!Fiber.IsSupported)
        {
            Console.Error.WriteLine("model: it switches between threads by machine code that is written for x86-64 Linux only");
            return 2;
        }

        Scenario[] chosen = Choose(options.Scenario);
        if (options.Replay is not null && chosen.Length != 1)
            throw new FormatException("--replay needs one --scenario");
        if (chosen.Length > 1)
            return Workers.Run([.. chosen.Select(scenario => scenario.Name)], options);
        using Explorer explorer = new();
        bool isRight = options.Replay is null
            ? ScenarioRun.Run(explorer, chosen[0], options, Console.Out)
            : ScenarioRun.Replay(explorer, chosen[0], options, Console.Out);
        return isRight ? 0 : 1;
    }

    private static Scenario[] Choose(string? name)
    {
        Scenario[] chosen = name switch
        {
            null => [.. ScenarioList.All],
            _ when name.EndsWith('*') => [.. ScenarioList.All.Where(scenario => scenario.Name.StartsWith(name[..^1], StringComparison.Ordinal))],
            _ => [.. ScenarioList.All.Where(scenario => scenario.Name == name)],
        };
        return chosen.Length != 0 ? chosen : throw new FormatException($"no scenario '{name}'; see --list");
    }
}
