using System.Text.Json;
using System.Text.Json.Nodes;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>A run as JSON: one object, or one more element of an array of runs.</summary>
internal static class JsonReport
{
    private const int MostRuns = 200;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the run, distributions included.</summary>
    public static void Write(string path, RunReport report)
        => File.WriteAllText(path, Create(report, hasCurves: true).ToJsonString(Indented));

    /// <summary>Adds the run to the array in a file, the newest last; forgets the oldest of too many.</summary>
    public static void Append(string path, RunReport report)
    {
        var runs = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) as JsonArray ?? [] : [];
        runs.Add(Create(report, hasCurves: false));
        while (runs.Count > MostRuns) runs.RemoveAt(0);
        File.WriteAllText(path, runs.ToJsonString());
    }

    /// <summary>What of a run is compared that was written before: of a report, or of the newest run of a history.</summary>
    /// <exception cref="FormatException">The file is no report and no history; the message is one line.</exception>
    public static IReadOnlyDictionary<(string Figure, string Shape), double> ReadComparables(string path)
    {
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path));
            var run = root is JsonArray { Count: > 0 } history ? history[^1] : root;
            var comparables = new Dictionary<(string, string), double>();
            foreach (var one in run!["measurements"]!.AsArray())
            {
                if (one![Measurement.IsCountedIn((string?)one["unit"]) ? "value" : "ratio"] is { } comparable)
                    comparables[((string)one["figure"]!, (string)one["shape"]!)] = (double)comparable;
            }
            return comparables;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException
            or NullReferenceException or KeyNotFoundException)
        {
            throw new FormatException($"{path}: no report of ./build.sh perf ({e.Message})", e);
        }
    }

    private static JsonObject Create(RunReport report, bool hasCurves) => new()
    {
        ["time"] = report.Time.ToString("u", System.Globalization.CultureInfo.InvariantCulture),
        ["machine"] = report.Machine,
        ["measurements"] = new JsonArray(
            [.. report.Figures.SelectMany(static one => one.Measurements).Select(one => Create(one, hasCurves))]),
    };

    private static JsonObject Create(Measurement one, bool hasCurves)
    {
        var json = new JsonObject
        {
            ["figure"] = one.Figure,
            ["shape"] = one.Shape,
            [one.Unit == "ns" ? "ns" : "value"] = Math.Round(one.Ns, 3),
            ["least"] = Math.Round(one.MinNs, 3),
            ["most"] = Math.Round(one.MaxNs, 3),
            ["allocatedBytes"] = Math.Round(one.AllocatedBytes, 6),
            ["samples"] = one.Samples,
        };
        if (one.Unit != "ns") json["unit"] = one.Unit;
        if (one.Ratio is { } ratio) json["ratio"] = Math.Round(ratio, 4);
        if (one.CpuNs is { } cpu) json["cpuNs"] = Math.Round(cpu, 1);
        if (one.Latencies is not { } latencies) return json;
        json["p50Ns"] = latencies.P50Ns;
        json["p99Ns"] = latencies.P99Ns;
        json["p999Ns"] = latencies.P999Ns;
        json["longestNs"] = latencies.MaxNs;
        if (hasCurves)
        {
            json["curve"] = new JsonArray(
                [.. latencies.Curve.Select(static point => new JsonArray(point.Ns, Math.Round(point.Part, 6)))]);
        }
        return json;
    }
}
