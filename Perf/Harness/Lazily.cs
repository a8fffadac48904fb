namespace NvmeDoorbell.Perf.Harness;

/// <summary>
/// A shape that exists during its own samples only: for shapes whose threads never sleep, and would take CPUs from the
/// other shapes of their figure. Latencies are kept from sample to sample.
/// </summary>
internal sealed class Lazily : Shape
{
    private readonly Func<Shape> _create;
    private readonly LatencyHistogram? _latencies;

    /// <summary>Makes the shape once, to learn how it wants to be run, and lets it go.</summary>
    public Lazily(string name, Func<Shape> create)
        : base(name)
    {
        _create = create;
        using var example = create();
        FirstOperations = example.FirstOperations;
        LeastOperations = example.LeastOperations;
        MostOperations = example.MostOperations;
        if (example.Latencies is not null) _latencies = new LatencyHistogram();
    }

    public override int FirstOperations { get; }

    public override int LeastOperations { get; }

    public override int MostOperations { get; }

    public override LatencyHistogram? Latencies => _latencies;

    public override Sample Measure(int operations)
    {
        using var shape = _create();
        shape.Run(FirstOperations); // its threads run, its memory is mapped
        shape.Latencies?.Clear();
        var sample = shape.Measure(operations);
        if (shape.Latencies is { } latencies) _latencies?.Add(latencies);
        return sample;
    }

    protected override double Time(int operations) => Measure(operations).Ns;
}
