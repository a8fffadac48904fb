using System.Diagnostics;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>
/// Measures figures. In every round each shape takes one sample, the order turned by one from round to round, so that
/// the machine's noise hits all alike; medians and per-round ratios then leave most of it out.
/// </summary>
internal sealed class Runner(Surroundings surroundings, int mostRounds, TimeSpan sampleTime, Action<string> progress)
{
    private const int WarmUpCalls = 40;
    private static readonly TimeSpan WarmUpTimeMax = TimeSpan.FromMilliseconds(400);

    /// <summary>Measures one figure.</summary>
    /// <param name="figure">What to measure.</param>
    /// <param name="isWanted">Names the shapes that are; null: all.</param>
    public IReadOnlyList<Measurement> Run(Figure figure, Func<string, bool>? isWanted = null)
    {
        var rounds = Math.Min(mostRounds, figure.MostRounds);
        progress($"{figure.Name}: preparing");
        var shapes = figure.CreateShapes(surroundings).ToList();
        shapes.AddRange(surroundings.TwinsOf(figure, shapes).ToList());
        foreach (var unwanted in shapes.FindAll(shape => isWanted?.Invoke(shape.Name) == false))
        {
            unwanted.Dispose();
            shapes.Remove(unwanted);
        }
        try
        {
            WarmUp(shapes);
            var operations = shapes.Select(Calibrate).ToArray();
            foreach (var shape in shapes) shape.Latencies?.Clear();
            var samples = new Sample[shapes.Count, rounds];
            for (var round = 0; round < rounds; round++)
            {
                progress($"{figure.Name}: round {round + 1} of {rounds}");
                for (var i = 0; i < shapes.Count; i++)
                {
                    var shape = (i + round) % shapes.Count;
                    samples[shape, round] = operations[shape] == 0
                        ? new Sample(double.NaN, 0)
                        : shapes[shape].Measure(operations[shape]);
                }
            }
            return Summarise(figure, shapes, samples, rounds);
        }
        finally
        {
            foreach (var shape in shapes) shape.Dispose();
        }
    }

    /// <summary>The middle of the values; of an even number, the mean of the middle two.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0) return double.NaN;
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void WarmUp(List<Shape> shapes) => TierUp.Run(() =>
    {
        foreach (var shape in shapes)
        {
            var begin = Stopwatch.GetTimestamp();
            for (var call = 0; call < WarmUpCalls && Stopwatch.GetElapsedTime(begin) < WarmUpTimeMax; call++)
                shape.Measure(shape.FirstOperations);
        }
    });

    /// <summary>Operations that fill a sample's time; 0: the shape is not there.</summary>
    private int Calibrate(Shape shape)
    {
        var operations = shape.FirstOperations;
        while (true)
        {
            var ns = shape.Measure(operations).Ns;
            if (double.IsNaN(ns)) return 0;
            var wanted = sampleTime.TotalNanoseconds / Math.Max(ns, 0.1);
            if (operations * 2.0 >= wanted || operations >= shape.MostOperations)
                return (int)Math.Clamp(wanted, Math.Min(shape.LeastOperations, shape.MostOperations), shape.MostOperations);
            operations = (int)Math.Min(operations * 8L, shape.MostOperations);
        }
    }

    private static List<Measurement> Summarise(
        Figure figure, List<Shape> shapes, Sample[,] samples, int rounds)
    {
        var reference = shapes.FindIndex(shape => shape.Name == figure.Reference);
        var measurements = new List<Measurement>();
        for (var i = 0; i < shapes.Count; i++)
        {
            var shape = i;
            var of = Enumerable.Range(0, rounds).Select(round => samples[shape, round]).ToArray();
            if (of.Any(sample => double.IsNaN(sample.Ns))) continue;
            double? ratio = reference < 0
                ? null
                : Median(Enumerable.Range(0, rounds).Select(r => samples[shape, r].Ns / samples[reference, r].Ns));
            measurements.Add(new Measurement(
                figure.Name,
                shapes[shape].Name,
                Median(of.Select(sample => sample.Ns)),
                of.Average(sample => sample.AllocatedBytes),
                rounds,
                of.Min(sample => sample.Ns),
                of.Max(sample => sample.Ns),
                ratio is { } number && double.IsNaN(number) ? null : ratio)
            {
                Unit = figure.Unit,
                CpuNs = double.IsNaN(of[0].CpuNs) ? null : Median(of.Select(sample => sample.CpuNs)),
                Latencies = shapes[shape].Latencies?.Summarise(),
            });
        }
        return measurements;
    }
}
