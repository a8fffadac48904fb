using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Shapes;

/// <summary>A number that is asked for, once a sample.</summary>
internal sealed class ValueShape(string name, Func<double> read) : Shape(name)
{
    public override int FirstOperations => 1;

    public override int LeastOperations => 1;

    public override int MostOperations => 1;

    public override Sample Measure(int operations) => new(read(), 0);

    protected override double Time(int operations) => read();
}
