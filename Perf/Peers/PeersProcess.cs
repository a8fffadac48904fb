using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Peers;

/// <summary>
/// The child process <c>nvmedb_peers</c>: native shapes, and ours around libnvmedoorbell.so. It sleeps on its input
/// while other shapes are measured.
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

    /// <summary>Starts the child.</summary>
    /// <param name="library">Path of libnvmedoorbell.so, or null.</param>
    /// <returns>Null where the program has not been built.</returns>
    /// <exception cref="InvalidOperationException">It does not start, or cannot use the library.</exception>
    public static PeersProcess? Start(string? library)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "native", "nvmedb_peers");
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
    /// <returns>A sample of NaN where the child does not know the shape.</returns>
    /// <exception cref="InvalidOperationException">The child has ended.</exception>
    public Sample Measure(string figure, string shape, int operations)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure} {shape} {operations}"));
        _process.StandardInput.Flush();
        var line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"nvmedb_peers ended while it measured {figure} {shape}.");
        using var json = JsonDocument.Parse(line);
        var ns = json.RootElement.GetProperty("ns").GetDouble();
        var allocated = json.RootElement.GetProperty("allocatedBytes").GetDouble();
        return new Sample(ns < 0 ? double.NaN : ns, allocated / operations);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
