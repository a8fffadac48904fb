using System.Globalization;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model;

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    public const string Help = """
        usage: model [options]

          --list             names and subjects of all scenarios and mutants
          --scenario NAME    only this one, or all whose names begin with NAME where it ends in *
          --mutant NAME      only this defect; it must be found
          --order ORDER      sequential, tso or weak, instead of the scenario's own
          --bound N          at most N preemptions in an execution; without it all interleavings
          --causal           tell states apart by which write a thread has read, not by what
          --limit SECONDS    give up on a scenario after so long (default 600)
          --replay SCHEDULE  run one schedule of the scenario, as a failure prints it, and show each step
          --jobs N           scenarios at a time (default: processors)
        """;

    public bool IsList { get; private set; }

    public bool IsHelp { get; private set; }

    public string? Scenario { get; private set; }

    public string? Mutant { get; private set; }

    public MemoryOrder? Order { get; private set; }

    public int? Bound { get; private set; }

    public bool IsCausal { get; private set; }

    public TimeSpan Limit { get; private set; } = TimeSpan.FromMinutes(10);

    public string? Replay { get; private set; }

    public int Jobs { get; private set; } = System.Environment.ProcessorCount;

    /// <summary>What a process that runs one scenario of many is given.</summary>
    public IEnumerable<string> Passed()
    {
        if (Order is { } order)
            yield return $"--order={order}";
        if (Bound is { } bound)
            yield return string.Create(CultureInfo.InvariantCulture, $"--bound={bound}");
        if (IsCausal)
            yield return "--causal";
        yield return string.Create(CultureInfo.InvariantCulture, $"--limit={(int)Limit.TotalSeconds}");
    }

    /// <exception cref="FormatException">An option is unknown, or its value is not one.</exception>
    public static Options Parse(string[] args)
    {
        Options options = new();
        for (int index = 0; index < args.Length; index++)
        {
            string[] parts = args[index].Split('=', 2);
            string name = parts[0];
            switch (name)
            {
                case "--list":
                    options.IsList = true;
                    break;
                case "--help":
                    options.IsHelp = true;
                    break;
                case "--causal":
                    options.IsCausal = true;
                    break;
                case "--scenario":
                    options.Scenario = Value();
                    break;
                case "--mutant":
                    options.Mutant = Value();
                    break;
                case "--replay":
                    options.Replay = Value();
                    break;
                case "--order":
                    options.Order = Enum.TryParse(Value(), ignoreCase: true, out MemoryOrder order) && Enum.IsDefined(order)
                        ? order
                        : throw new FormatException("--order takes sequential, tso or weak");
                    break;
                case "--bound":
                    options.Bound = Number(0);
                    break;
                case "--limit":
                    options.Limit = TimeSpan.FromSeconds(Number(1));
                    break;
                case "--jobs":
                    options.Jobs = Number(1);
                    break;
                default:
                    throw new FormatException($"no option '{name}'");
            }

            string Value() => parts.Length == 2 ? parts[1] : ++index < args.Length ? args[index] : throw new FormatException($"{name} needs a value");

            int Number(int least) => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
                ? value
                : throw new FormatException($"{name} needs a number of at least {least}");
        }

        return options;
    }
}
