using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>
/// A child process that measures shapes: <c>nvmedb_peers</c>, the native ones and ours around libnvmedoorbell.so, or
/// <c>nvmedb-perf-aot</c>, ours compiled ahead of time. It sleeps on its input while other shapes are measured.
/// </summary>
internal sealed class PeersProcess : IDisposable
{
    private readonly Process _process;

    private PeersProcess(Process process, bool hasLibrary)
    {
        _process = process;
        HasLibrary = hasLibrary;
    }

    /// <summary>The shapes that need libnvmedoorbell.so are there.</summary>
    public bool HasLibrary { get; }

    /// <summary>Starts the native program.</summary>
    /// <param name="library">Path of libnvmedoorbell.so, or null.</param>
    /// <returns>Null where the program has not been built.</returns>
    /// <exception cref="InvalidOperationException">It does not start, or cannot use the library.</exception>
    public static PeersProcess? StartNative(string? library)
        => Start(Path.Combine(AppContext.BaseDirectory, "native", "nvmedb_peers"), library);

    /// <summary>Starts the program that was compiled ahead of time.</summary>
    /// <param name="path">Where it is, if it has been built.</param>
    /// <returns>Null where it has not.</returns>
    public static PeersProcess? StartAot(string? path) => path is null ? null : Start(path, library: null);

    private static PeersProcess? Start(string path, string? library)
    {
        if (!File.Exists(path)) return null;
        var start = new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (library is not null) start.ArgumentList.Add(library);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{path} does not start.");
        var greeting = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{path} ended before it was asked anything.");
        using var json = JsonDocument.Parse(greeting);
        return new PeersProcess(process, json.RootElement.GetProperty("library").GetBoolean());
    }

    /// <summary>Measures one sample of a native shape.</summary>
    /// <param name="figure">Its figure.</param>
    /// <param name="shape">Its name.</param>
    /// <param name="operations">How many.</param>
    /// <param name="latencies">Receives how long single ones took, where the shape times them.</param>
    /// <returns>A sample of NaN where the child does not know the shape.</returns>
    /// <exception cref="InvalidOperationException">The child has ended.</exception>
    public Sample Measure(string figure, string shape, int operations, LatencyHistogram? latencies)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure} {shape} {operations}"));
        _process.StandardInput.Flush();
        var line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"A child ended while it measured {figure} {shape}.");
        using var json = JsonDocument.Parse(line);
        var ns = json.RootElement.GetProperty("ns").GetDouble();
        var allocated = json.RootElement.GetProperty("allocatedBytes").GetDouble();
        if (latencies is not null)
        {
            foreach (var one in json.RootElement.GetProperty("latencies").EnumerateArray()) latencies.Add(one.GetInt64());
        }
        var cpu = json.RootElement.TryGetProperty("cpuNs", out var cpuNs) ? cpuNs.GetDouble() : -1;
        return new Sample(ns < 0 ? double.NaN : ns, allocated / operations, cpu < 0 ? double.NaN : cpu);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
