using System.Globalization;
using System.Text.Json;

namespace NvmeDoorbell.Perf.Harness;

/// <summary>Measurements as a table for people and as JSON for programs.</summary>
internal static class Report
{
    private const string Row = "  {0,-32} {1,12} {2,12} {3,12} {4,10} {5,12} {6,8}";

    /// <summary>Writes one figure's table.</summary>
    public static void Write(TextWriter output, Figure figure, IReadOnlyList<Measurement> measurements)
    {
        output.WriteLine();
        output.WriteLine($"{figure.Name}: {figure.Title}");
        output.WriteLine(Row, "shape", "ns", "least", "most", "ratio", "bytes/op", "samples");
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
            json.WriteNumber("ns", Math.Round(one.Ns, 3));
            json.WriteNumber("allocatedBytes", Math.Round(one.AllocatedBytes, 6));
            json.WriteNumber("samples", one.Samples);
            json.WriteNumber("minNs", Math.Round(one.MinNs, 3));
            json.WriteNumber("maxNs", Math.Round(one.MaxNs, 3));
            if (one.Ratio is { } ratio) json.WriteNumber("ratio", Math.Round(ratio, 4));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string Number(double ns)
        => ns.ToString(ns < 100 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Bytes(double bytes) => bytes switch
    {
        0 => "0",
        < 0.01 => "< 0.01",
        _ => bytes.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
