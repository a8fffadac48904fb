using NvmeDoorbell.Perf.Figures;
using NvmeDoorbell.Perf.Gate;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf;

/// <summary>Which figures a command line names.</summary>
internal static class FigureSelection
{
    /// <summary>The figures of these names, all for none.</summary>
    /// <returns>Null, and a line on the error output, where a name is unknown.</returns>
    public static IReadOnlyList<Figure>? Select(IReadOnlyList<string> names)
    {
        var unknown = names.FirstOrDefault(
            name => name != GateRun.Allocations && Catalogue.All.All(figure => figure.Name != name));
        if (unknown is null) return names.Count == 0 ? Catalogue.All : [.. Catalogue.All.Where(figure => names.Contains(figure.Name))];
        Console.Error.WriteLine($"perf: no figure {unknown}; --list names them");
        return null;
    }
}
