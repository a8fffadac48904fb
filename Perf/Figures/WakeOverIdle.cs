using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>What it costs that a device was idle: latency of the next ring, by how the reactor waits.</summary>
internal sealed class WakeOverIdle() : Figure(
    "wake_over_idle", "Ring to task runs, after so long without work", "polling_10us")
{
    private static readonly int[] IdlesUs = [10, 100, 1000, 10000];

    private static readonly (string Name, ReactorPolling Polling)[] Ways =
    [
        ("polling", ReactorPolling.Always), ("adaptive", ReactorPolling.Adaptive), ("parked", ReactorPolling.Never),
    ];

    public override PlotKind Plot => PlotKind.Lines;

    public override string Axis => "µs without work";

    public override int MostRounds => 15;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => PeersLibrary.IsThere
        ?
        [
            .. from way in Ways
               from idle in IdlesUs
               select new Lazily(
                   $"{way.Name}_{idle}us",
                   () => new WakeLatencyShape("", way.Polling, TimeSpan.FromMicroseconds(idle))),
        ]
        : [];
}
