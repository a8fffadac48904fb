namespace NvmeDoorbell.Perf;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage = """
        Usage: dotnet run -c Release --project Perf -- [options]

          --quick          fewer and shorter samples, some minutes (the default)
          --full           longer samples, 10 million sleeps, a minute of I/O, BenchmarkDotNet on JIT and NativeAOT
          --gate           what CI runs: allocations and collections must be zero, times only sane
          --figure NAME    only this figure; may be repeated (--list names them)
          --compare FILE   sets the ratios beside those of an earlier report.json or history.json; slower: exit code 1
          --json FILE      writes an array of {figure, shape, ns, allocatedBytes, samples}
          --library FILE   libnvmedoorbell.so, for the shapes that go through it (default: where build.sh puts it)
          --benchmarks     only BenchmarkDotNet: rings and sleeps on JIT and NativeAOT
          --list           names the figures and ends
        """;

    public bool IsFull { get; private init; }
    public bool IsGate { get; private init; }
    public bool IsBenchmarks { get; private init; }
    public bool IsList { get; private init; }
    public bool IsHelp { get; private init; }
    public string? ComparePath { get; private init; }
    public string? JsonPath { get; private init; }
    public string? LibraryPath { get; private init; }
    public IReadOnlyList<string> Figures { get; private init; } = [];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An option is unknown or lacks its value; the message is one line.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            options = name switch
            {
                "--quick" => options with { IsFull = false },
                "--full" => options with { IsFull = true },
                "--gate" => options with { IsGate = true },
                "--benchmarks" => options with { IsBenchmarks = true },
                "--list" => options with { IsList = true },
                "--help" or "-h" => options with { IsHelp = true },
                "--figure" => options with { Figures = [.. options.Figures, Value()] },
                "--compare" => options with { ComparePath = Value() },
                "--json" => options with { JsonPath = Value() },
                "--library" => options with { LibraryPath = Value() },
                _ => throw new FormatException($"unknown option {name}"),
            };

            string Value() => ++i < arguments.Count
                ? arguments[i]
                : throw new FormatException($"{name} needs a value");
        }
        return options;
    }
}
