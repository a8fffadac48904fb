using System.Diagnostics;
using System.Globalization;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>
/// The watched process: warms a workload up, says <c>ready</c>, waits for a line, runs it between two marks, and prints
/// its own counters: allocated bytes, collections, cycles, nanoseconds.
/// </summary>
internal static class GateChild
{
    /// <summary>First argument of the child's command line.</summary>
    public const string Verb = "gate-child";

    private const int WarmUpCalls = 40;
    private static readonly TimeSpan SessionStartTime = TimeSpan.FromSeconds(1);

    /// <summary>Runs that many cycles, repeated for at least that time. Returns the exit code.</summary>
    public static int Execute(string name, long cycles, TimeSpan time)
    {
        using var workload = Workloads.All.Single(entry => entry.Name == name).Create();
        TierUp.Run(() =>
        {
            for (var call = 0; call < WarmUpCalls; call++) workload.Run(Math.Max(1, cycles / 10_000));
        });
        GC.Collect();
        Console.WriteLine("ready");
        Console.ReadLine();

        // What a new session has the runtime allocate, at its first event and a little later, is not the workload's.
        GateEvents.Log.Begin();
        Thread.Sleep(SessionStartTime);
        GateEvents.Log.Begin();
        var collections = Collections();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var begin = Stopwatch.GetTimestamp();
        var done = 0L;
        do
        {
            workload.Run(cycles);
            done += cycles;
        }
        while (Stopwatch.GetElapsedTime(begin) < time);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        collections = Collections() - collections;
        GateEvents.Log.End();

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{allocated} {collections} {done} {elapsed.TotalNanoseconds:0}"));
        Console.ReadLine();
        return 0;
    }

    private static int Collections()
    {
        var sum = 0;
        for (var generation = 0; generation <= GC.MaxGeneration; generation++) sum += GC.CollectionCount(generation);
        return sum;
    }
}
