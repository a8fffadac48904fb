using System.Globalization;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The command line.</summary>
internal sealed record FuzzOptions
{
    public const string Usage = """
        usage: ./build.sh fuzz [--seconds N] [--threads N] [--seed N] [--target NAME] [--smoke] ...

          --seconds N              in all, shared by the targets (60)
          --threads N              hostile threads (4); one or two valid drivers run beside them
          --seed N                 what every choice is derived from (another one each run)
          --target NAME            one target alone, the canary too, which then fails
          --disk-faults PLAN       what hostile disks do, each one in N requests:
                                   fail=N,stall=N,reorder=N,twice=N,never=N (fail=20,stall=2000,reorder=8,twice=16,never=3000)
          --interrupt-faults PLAN  of interrupts, each one in N: refuse=N,lose=N (refuse=64,lose=1000); the neighbour's are
                                   refused only
          --memory-faults PLAN     vanish=N: a region of guest RAM goes or comes back in one of N hostile steps, beside what
                                   the target does by itself (vanish=0)
          --input FILE             a byte target: runs the inputs of the file, and nothing else
          --distill                byte targets: a small set of inputs that takes the same branches, to artifacts/fuzz/distilled
          --smoke                  a few seconds for each target
          --list                   the targets
        """;

    public int Seconds { get; init; } = 60;

    public int Threads { get; init; } = 4;

    public ulong Seed { get; init; } = (ulong)Random.Shared.Next(1, 1_000_000);

    public string? Target { get; init; }

    public string DiskFaults { get; init; } = FuzzTarget.DefaultFaults;

    public string InterruptFaults { get; init; } = "refuse=64,lose=1000";

    public string MemoryFaults { get; init; } = "vanish=0";

    public string? Input { get; init; }

    public bool IsDistill { get; init; }

    public bool IsSmoke { get; init; }

    public bool IsList { get; init; }

    public bool IsHelp { get; init; }

    /// <summary>This process is the one that may crash.</summary>
    public bool IsChild { get; init; }

    public static FuzzOptions Parse(string[] arguments)
    {
        var options = new FuzzOptions();
        for (int index = 0; index < arguments.Length; index++)
        {
            string name = arguments[index];
            options = name switch
            {
                "--smoke" => options with { IsSmoke = true },
                "--list" => options with { IsList = true },
                "--distill" => options with { IsDistill = true },
                "--help" or "-h" => options with { IsHelp = true },
                "--child" => options with { IsChild = true },
                _ when index + 1 == arguments.Length => throw new FormatException(
                    $"no option '{name}', or its value is missing; --help lists the options"),
                "--seconds" => options with { Seconds = Number(name, arguments[++index], 1, 1_000_000) },
                "--threads" => options with { Threads = Number(name, arguments[++index], 1, 64) },
                "--seed" => options with { Seed = (ulong)Number(name, arguments[++index], 0, int.MaxValue) },
                "--target" => options with { Target = KnownTarget(arguments[++index]) },
                "--disk-faults" => options with { DiskFaults = KnownPlan(arguments[++index], DiskFaultPlan.Parse) },
                "--interrupt-faults" => options with { InterruptFaults = KnownPlan(arguments[++index], InterruptFaultPlan.Parse) },
                "--memory-faults" => options with { MemoryFaults = KnownPlan(arguments[++index], MemoryFaultPlan.Parse) },
                "--input" => options with { Input = KnownFile(arguments[++index]) },
                _ => throw new FormatException($"no option '{name}'; --help lists the options"),
            };
        }
        return options;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} takes a number from {least} to {most}");

    private static string KnownTarget(string name) => FuzzTarget.All.Any(target => target.Name == name)
        ? name
        : throw new FormatException(
            $"no target '{name}'; there are {string.Join(", ", FuzzTarget.All.Select(target => target.Name))}");

    private static string KnownPlan<TPlan>(string text, Func<string, TPlan> parse)
    {
        _ = parse(text);
        return text;
    }

    private static string KnownFile(string path) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw new FormatException($"there is no file '{path}'");
}
