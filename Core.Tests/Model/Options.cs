using System.Globalization;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model;

/// <summary>What the command line asks for.</summary>
internal sealed class Options
{
    public const string Help = """
        usage: model [options]

        Without options: every scenario is exhausted within its bound, every mutant must be caught.

          --list             names and subjects of all scenarios and mutants
          --scenario NAME    only this one, several with commas between, or all that begin with NAME where it ends in *
          --mutant NAME      this defect, or all that begin with NAME where it ends in *: it must be caught, by --scenario
                             or by the scenarios that are known to; shows how
          --mutants          every mutant, no scenarios
          --check            only whether the text that each mutant edits is in its source once: some seconds
          --deep             no bound where a scenario has one: minutes to hours for each of those
          --order ORDER      sequential, tso or weak, instead of the scenario's own
          --bound N          at most N preemptions in an execution; without it all interleavings
          --causal           tell states apart by which write a thread has read, not by what
          --limit SECONDS    give up on a scenario after so long (default 300; 7200 with --deep)
          --replay SCHEDULE  run one schedule of the scenario, as a failure prints it, and show each step
          --jobs N           processes at a time (default: processors)
        """;

    public bool IsList { get; private set; }

    public bool IsHelp { get; private set; }

    /// <summary>This process explores, and reports to the one that has started it.</summary>
    public bool IsWorker { get; private set; }

    public string? Scenario { get; private set; }

    public string? Mutant { get; private set; }

    public bool OnlyMutants { get; private set; }

    /// <summary>No mutant is compiled or run.</summary>
    public bool IsCheck { get; private set; }

    public bool IsDeep { get; private set; }

    public MemoryOrder? Order { get; private set; }

    public int? Bound { get; private set; }

    public bool IsCausal { get; private set; }

    public TimeSpan Limit => _limit ?? TimeSpan.FromSeconds(IsDeep ? 7200 : 300);

    private TimeSpan? _limit;

    public string? Replay { get; private set; }

    public int Jobs { get; private set; } = System.Environment.ProcessorCount;

    /// <summary>The bound on preemptions for a scenario that has this one itself.</summary>
    public int BoundOf(int ownBound) => Bound ?? (IsDeep ? -1 : ownBound);

    /// <summary>What a process that explores is given beside its scenarios.</summary>
    public IEnumerable<string> Passed()
    {
        yield return "--worker";
        if (Order is { } order)
            yield return $"--order={order}";
        if (IsDeep)
            yield return "--deep";
        if (Bound is { } bound)
            yield return string.Create(CultureInfo.InvariantCulture, $"--bound={bound}");
        if (IsCausal)
            yield return "--causal";
        if (Replay is not null)
            yield return $"--replay={Replay}";
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
                case "--worker":
                    options.IsWorker = true;
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
                case "--mutants":
                    options.OnlyMutants = true;
                    break;
                case "--check":
                    options.IsCheck = true;
                    break;
                case "--deep":
                    options.IsDeep = true;
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
                    options._limit = TimeSpan.FromSeconds(Number(1));
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

    /// <summary>Those that a name on the command line means: one, several with commas between, or all with a beginning.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static T[] Choose<T>(IEnumerable<T> all, Func<T, string> nameOf, string names, string kind)
    {
        List<T> chosen = [];
        foreach (string name in names.Split(','))
        {
            int before = chosen.Count;
            chosen.AddRange(all.Where(one => name.EndsWith('*')
                ? nameOf(one).StartsWith(name[..^1], StringComparison.Ordinal)
                : nameOf(one) == name));
            if (chosen.Count == before)
                throw new FormatException($"no {kind} '{name}'; see --list");
        }

        return [.. chosen];
    }
}
