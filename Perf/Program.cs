using System.Globalization;
using NvmeDoorbell.Perf;
using NvmeDoorbell.Perf.Gate;

using NvmeDoorbell.Perf.Peers;

if (args is [GateChild.Verb, var workload, var cycles, var time])
{
    return GateChild.Execute(
        workload,
        long.Parse(cycles, CultureInfo.InvariantCulture),
        TimeSpan.Parse(time, CultureInfo.InvariantCulture));
}

Options options;
try
{
    options = Options.Parse(args);
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"perf: {wrong.Message}; --help shows what there is");
    return 2;
}
if (options.IsHelp)
{
    Console.WriteLine(Options.Usage);
    return 0;
}
try
{
    return FigureSelection.Select(options.Figures) is { } figures
        ? PerfRun.Execute(options, figures)
        : 2;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"perf: {wrong.Message}");
    return 1;
}
