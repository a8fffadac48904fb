using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>A shape that <see cref="PeersProcess"/> measures.</summary>
internal sealed class NativeShape(PeersProcess process, string figure, string name) : Shape(name)
{
    public override int FirstOperations => figure switch
    {
        "wake_spin" => Bursts.LeastRounds,
        "ring_sleeper" => 10,
        _ => 100,
    };

    public override int LeastOperations => figure == "wake_spin" ? Bursts.LeastRounds : base.LeastOperations;

    public override int MostOperations => figure == "ring_sleeper" ? RingSleeperShape.Most : base.MostOperations;

    public override LatencyHistogram? Latencies { get; } = figure == "ring_sleeper" ? new() : null;

    public override Sample Measure(int operations) => process.Measure(figure, Name, operations, Latencies);

    protected override double Time(int operations) => Measure(operations).Ns;
}
