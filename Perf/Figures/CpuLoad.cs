using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>CPU use over load.</summary>
internal sealed class CpuLoad() : Figure(
    "cpu_load", "The part of a core that the device takes while so many commands a second come, one at a time",
    "adaptive_1000000")
{
    private static readonly int[] Rates = [0, 1000, 10_000, 100_000, 1_000_000];

    private static readonly (string Name, ReactorPolling Polling)[] Ways =
        [("adaptive", ReactorPolling.Adaptive), ("parked", ReactorPolling.Never)];

    public override string Unit => "%";

    public override PlotKind Plot => PlotKind.Lines;

    public override string Axis => "commands a second";

    public override int MostRounds => 7;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => PeersLibrary.IsThere
        ?
        [
            .. from way in Ways
               from rate in Rates
               select new Lazily($"{way.Name}_{rate}", () => new CpuLoadShape(way.Polling, rate)),
        ]
        : [];
}
