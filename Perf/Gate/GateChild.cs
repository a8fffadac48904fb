using System.Diagnostics;
using System.Globalization;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>
/// The watched process: warms a workload up, says <c>ready</c>, waits for a line, runs it between two marks, and prints
/// its own counters: allocated bytes, collections, nanoseconds.
/// </summary>
internal static class GateChild
{
    /// <summary>First argument of the child's command line.</summary>
    public const string Verb = "gate-child";

    private const int WarmUpPasses = 4;
    private const int WarmUpCalls = 40;
    private static readonly TimeSpan TierUpTime = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the exit code.</summary>
    public static int Execute(string name, long cycles)
    {
        using var workload = Workloads.All.Single(entry => entry.Name == name).Create();
        for (var pass = 0; pass < WarmUpPasses; pass++)
        {
            for (var call = 0; call < WarmUpCalls; call++) workload.Run(Math.Max(1, cycles / 10_000));
            Thread.Sleep(TierUpTime);
        }
        GC.Collect();
        Console.WriteLine("ready");
        Console.ReadLine();

        // Twice: what the first event of a session allocates is not the workload's.
        GateEvents.Log.Begin();
        GateEvents.Log.Begin();
        var collections = Collections();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var begin = Stopwatch.GetTimestamp();
        workload.Run(cycles);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        collections = Collections() - collections;
        GateEvents.Log.End();

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{allocated} {collections} {elapsed.TotalNanoseconds:0}"));
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
