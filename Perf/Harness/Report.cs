using System.Globalization;
using System.Text.Json;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>Measurements as a table for people and as JSON for programs.</summary>
internal static class Report
{
    private const string Row = "  {0,-32} {1,12} {2,12} {3,12} {4,10} {5,12} {6,8}";
    private const string LatencyRow = "  {0,-32} {1,12} {2,12} {3,12} {4,12}";

    /// <summary>Writes one figure's table.</summary>
    public static void Write(TextWriter output, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        output.WriteLine();
        output.WriteLine($"{figure.Name}: {figure.Title}");
        output.WriteLine(Row, "shape", figure.Unit, "least", "most", "ratio", "bytes/op", "samples");
        foreach (var one in measurements)
        {
            output.WriteLine(
                Row,
                one.Shape,
                Number(one.Ns),
                Number(one.MinNs),
                Number(one.MaxNs),
                one.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) + " x" : "",
                Bytes(one.AllocatedBytes),
                one.Samples.ToString(CultureInfo.InvariantCulture));
        }
        WriteLatencies(output, measurements);
        foreach (var one in measurements.Where(static one => one.CpuNs is not null))
            output.WriteLine($"  {one.Shape}: {Number(1e9 / one.Ns)} a second, {Number(one.CpuNs!.Value)} ns of the device's CPU each");
        if (measurements.Count > 0 && measurements.All(one => one.Shape != figure.Reference))
            output.WriteLine($"  (no ratios: {figure.Reference} is not there)");
    }

    /// <summary>Writes all measurements as an array of {figure, shape, ns, allocatedBytes, samples}.</summary>
    public static void WriteJson(string path, IEnumerable<Measurement> measurements)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (var one in measurements)
        {
            json.WriteStartObject();
            json.WriteString("figure", one.Figure);
            json.WriteString("shape", one.Shape);
            json.WriteNumber(one.Unit == "ns" ? "ns" : "value", Math.Round(one.Ns, 3));
            if (one.Unit != "ns") json.WriteString("unit", one.Unit);
            json.WriteNumber("allocatedBytes", Math.Round(one.AllocatedBytes, 6));
            json.WriteNumber("samples", one.Samples);
            json.WriteNumber("minNs", Math.Round(one.MinNs, 3));
            json.WriteNumber("maxNs", Math.Round(one.MaxNs, 3));
            if (one.Ratio is { } ratio) json.WriteNumber("ratio", Math.Round(ratio, 4));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteLatencies(TextWriter output, IReadOnlyList<Measurement> measurements)
    {
        if (measurements.All(static one => one.Latencies is null)) return;
        output.WriteLine(LatencyRow, "  single operations", "p50", "p99", "p99.9", "longest");
        foreach (var one in measurements)
        {
            if (one.Latencies is { } took)
            {
                output.WriteLine(
                    LatencyRow, one.Shape, Number(took.P50Ns), Number(took.P99Ns), Number(took.P999Ns), Number(took.MaxNs));
            }
        }
    }

    /// <summary>A number, short.</summary>
    public static string Number(double ns)
        => ns.ToString(ns < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    /// <summary>Bytes allocated for an operation, short.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        0 => "0",
        < 0.01 => "< 0.01",
        _ => bytes.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
