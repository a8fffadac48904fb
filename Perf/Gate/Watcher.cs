using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>
/// Runs a workload in a process of its own and watches that process's garbage collector through its diagnostics port:
/// collections, and the tick that it gives for every 100 KB allocated.
/// </summary>
internal static class Watcher
{
    /// <summary>Runs the workload.</summary>
    /// <exception cref="InvalidOperationException">The child failed; its own words are on the error output.</exception>
    public static WatchedRun Run(string name, long cycles, TimeSpan time, string traceDirectory)
    {
        Directory.CreateDirectory(traceDirectory);
        var tracePath = Path.Combine(traceDirectory, $"{name}.nettrace");
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Watcher).Assembly.Location);
        string[] arguments =
        [
            GateChild.Verb, name, cycles.ToString(CultureInfo.InvariantCulture), time.ToString("c", CultureInfo.InvariantCulture),
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var child = Process.Start(start) ?? throw new InvalidOperationException("The child does not start.");
        Expect(child.StandardOutput.ReadLine() == "ready", name);

        using var session = new DiagnosticsClient(child.Id).StartEventPipeSession(
            [
                new EventPipeProvider(
                    ClrTraceEventParser.ProviderName,
                    EventLevel.Verbose,
                    (long)ClrTraceEventParser.Keywords.GC),
                new EventPipeProvider(GateEvents.ProviderName, EventLevel.Informational),
            ],
            requestRundown: false);
        var copying = CopyAsync(session.EventStream, tracePath);
        child.StandardInput.WriteLine("go");
        var counters = child.StandardOutput.ReadLine()?.Split(' ') ?? [];
        Expect(counters.Length == 4, name);
        session.Stop();
        copying.GetAwaiter().GetResult();
        child.StandardInput.WriteLine("end");
        child.WaitForExit();

        var done = long.Parse(counters[2], CultureInfo.InvariantCulture);
        var (allocations, collections, marks) = Count(tracePath);
        return new WatchedRun(
            done,
            double.Parse(counters[3], CultureInfo.InvariantCulture) / done,
            long.Parse(counters[0], CultureInfo.InvariantCulture),
            long.Parse(counters[1], CultureInfo.InvariantCulture),
            allocations,
            collections,
            marks,
            tracePath);
    }

    private static void Expect(bool holds, string name)
    {
        if (!holds) throw new InvalidOperationException($"The child of workload {name} failed.");
    }

    private static async Task CopyAsync(Stream from, string path)
    {
        var file = File.Create(path);
        await using (file.ConfigureAwait(false)) await from.CopyToAsync(file).ConfigureAwait(false);
    }

    private static (int Allocations, int Collections, int Marks) Count(string path)
    {
        var allocations = new List<double>();
        var collections = new List<double>();
        double begin = double.NaN, end = double.NaN;
        using (var source = new EventPipeEventSource(path))
        {
            source.Clr.GCAllocationTick += allocation => allocations.Add(allocation.TimeStampRelativeMSec);
            source.Clr.GCStart += collection => collections.Add(collection.TimeStampRelativeMSec);
            source.Dynamic.All += one =>
            {
                if (one.ProviderName == GateEvents.ProviderName && (int)one.ID == GateEvents.BeginId)
                    begin = one.TimeStampRelativeMSec;
                else if (one.ProviderName == GateEvents.ProviderName && (int)one.ID == GateEvents.EndId)
                    end = one.TimeStampRelativeMSec;
            };
            source.Process();
        }
        bool Inside(double time) => time >= begin && time <= end;
        var marks = (double.IsNaN(begin) ? 0 : 1) + (double.IsNaN(end) ? 0 : 1);
        return (allocations.Count(Inside), collections.Count(Inside), marks);
    }
}
