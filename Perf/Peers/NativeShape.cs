using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>A shape that <see cref="PeersProcess"/> measures.</summary>
internal sealed class NativeShape(PeersProcess process, string figure, string name, int mostOperations) : Shape(name)
{
    public override int FirstOperations => 100;

    public override int MostOperations => mostOperations;

    public override Sample Measure(int operations) => process.Measure(figure, Name, operations);

    protected override double Time(int operations) => Measure(operations).Ns;
}
