using System.Globalization;
using NvmeDoorbell.Perf.Figures;
using NvmeDoorbell.Perf.Harness;

// As nvmedb_peers: a sample for each line of standard input, FIGURE SHAPE COUNT.
Console.WriteLine("""{"library":false}""");
var figure = "";
var shapes = new Dictionary<string, Shape>();
var surroundings = new Surroundings(Process: null, IsFull: false);
while (Console.ReadLine() is { } line)
{
    if (line.Split(' ') is not [var wanted, var name, var count]) return 2;
    if (wanted != figure)
    {
        foreach (var old in shapes.Values) old.Dispose();
        shapes.Clear();
        figure = wanted;
    }
    if (!shapes.TryGetValue(name, out var shape))
    {
        // A figure makes all its shapes; those that are not asked for here go again.
        foreach (var made in Catalogue.All.Single(one => one.Name == wanted).CreateShapes(surroundings))
        {
            if (made.Name == name) shapes[name] = shape = made;
            else made.Dispose();
        }
    }
    var sample = shape?.Measure(int.Parse(count, CultureInfo.InvariantCulture)) ?? new Sample(-1, 0);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"ns":{{sample.Ns:0.000}},"allocatedBytes":{{sample.AllocatedBytes:0.######}},"cpuNs":{{(double.IsNaN(sample.CpuNs) ? -1 : sample.CpuNs):0.0}},"latencies":[]}"""));
}
return 0;
