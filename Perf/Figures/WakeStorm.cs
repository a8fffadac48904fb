using System.Globalization;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>Many sleepers woken at once.</summary>
internal sealed class WakeStorm(int doorbells) : Figure(
    string.Create(CultureInfo.InvariantCulture, $"wake_storm_{doorbells}"),
    string.Create(
        CultureInfo.InvariantCulture,
        $"{doorbells} sleeping task{(doorbells == 1 ? "" : "s")} of one reactor rung one after the other: from the first ring to the last task, for one"),
    "core_csharp")
{
    public override bool HasAotTwins => false;

    public override int MostRounds => 21;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        new CoreStormShape("core_csharp", doorbells),
        .. ManagedShapes.All.Select(other => new StormShape(other.Name, doorbells, other.Create)),
    ];
}
