using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>A shape of ours as a process measures it that was compiled ahead of time.</summary>
internal sealed class AotShape(PeersProcess process, string figure, Shape twin) : Shape($"{twin.Name}_aot")
{
    private readonly string _name = twin.Name;

    public override int FirstOperations { get; } = twin.FirstOperations;

    public override int LeastOperations { get; } = twin.LeastOperations;

    public override int MostOperations { get; } = twin.MostOperations;

    public override Sample Measure(int operations) => process.Measure(figure, _name, operations, latencies: null);

    protected override double Time(int operations) => Measure(operations).Ns;
}
