using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>Doorbell Buffer Config and its end.</summary>
internal sealed class HomeSwitch() : Figure(
    "home_switch", "All open doorbells to a shadow page and back: for one doorbell there and back", "doorbells_64")
{
    private static readonly int[] Counts = [4, 64, 512]; // a page has room for 512 and more, at stride 0

    public override PlotKind Plot => PlotKind.Lines;

    public override string Axis => "open doorbells";

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
        [.. Counts.Select(count => new HomeSwitchShape($"doorbells_{count}", count))];
}
