using NvmeDoorbell.Perf.Gate;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>All figures, in the order of the report.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new RingIdle(1),
        new RingIdle(2),
        new SleepWake(),
        new RingSleeper(),
        new WakeSpin(),
        new WakeParked(isPinned: false),
        new WakeParked(isPinned: true),
        new QueueFetchPost(),
        new CommandNull(isCpuTime: true),
        new CommandNull(isCpuTime: false),
        new QueuesOpen(),
        new GcRing(isLongest: false),
        new GcRing(isLongest: true),
    ];

    /// <summary>The figures of these names, all for none.</summary>
    /// <returns>Null, and a line on the error output, where a name is unknown.</returns>
    public static IReadOnlyList<Figure>? Select(IReadOnlyList<string> names)
    {
        var unknown = names.FirstOrDefault(
            name => name != GateRun.Allocations && All.All(figure => figure.Name != name));
        if (unknown is null) return names.Count == 0 ? All : [.. All.Where(figure => names.Contains(figure.Name))];
        Console.Error.WriteLine($"perf: no figure {unknown}; --list names them");
        return null;
    }
}
