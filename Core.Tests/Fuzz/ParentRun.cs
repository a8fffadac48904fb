using System.Diagnostics;
using NvmeDoorbell.Tests.Fuzz.Feedback;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Runs the targets one after the other, shows how far they are, and sums up.</summary>
internal sealed class ParentRun(FuzzOptions options)
{
    private const int SmokeSeconds = 3;

    /// <summary>The least for a canary among bytes: it ends as soon as it is found, and how soon is chance.</summary>
    private const int ByteCanarySeconds = 60;

    /// <returns>The exit code: 0, or 1 where a target has failed.</returns>
    public int Run()
    {
        FuzzTarget[] targets = [.. FuzzTarget.All.Where(IsMeant)];
        int seconds = options.IsSmoke ? SmokeSeconds : Math.Max(1, options.Seconds / targets.Length);
        Console.WriteLine($"seed {options.Seed}, {options.Threads} hostile threads, {seconds} s for each of {targets.Length} targets");
        List<TargetResult> results = [];
        foreach (FuzzTarget target in targets)
        {
            int given = target is { Planted: not null, IsInstrumented: true } ? Math.Max(seconds, ByteCanarySeconds) : seconds;
            TargetResult result = Run(target, given);
            results.Add(result);
            if (!HasPassed(result) || (result.HasFound && options.Target is not null))
                Report(result, given);
        }
        Console.WriteLine();
        Console.WriteLine($"{"target",-16} {"operations",14} {"per second",12} {"time",8}  result");
        foreach (TargetResult result in results)
        {
            Console.WriteLine($"{result.Target.Name,-16} {result.Operations,14:N0} "
                + $"{result.Operations / result.Seconds,12:N0} {result.Seconds,6:N1} s  {Verdict(result)}");
        }
        Console.WriteLine($"{"in all",-16} {results.Sum(result => result.Operations),14:N0} "
            + $"{results.Sum(result => result.Operations) / results.Sum(result => result.Seconds),12:N0} "
            + $"{results.Sum(result => result.Seconds),6:N1} s");
        Console.WriteLine();
        int passed = results.Count(HasPassed);
        Console.WriteLine($"{passed} passed, {results.Count - passed} failed");
        return passed == results.Count ? 0 : 1;
    }

    private bool IsMeant(FuzzTarget target) => options.Target is { } name
        ? target.Name == name
        : !options.IsDistill || (target.IsInstrumented && target.Planted is null);

    /// <summary>Asked for by name, the canary fails; among the others it passes by being found.</summary>
    private bool HasPassed(TargetResult result) => result.Target.Planted is { } planted && options.Target is null
        ? result.Reports.Any(report => report.Contains(planted, StringComparison.Ordinal))
        : !result.HasFound;

    private string Verdict(TargetResult result) =>
        result.HasFound ? HasPassed(result) ? "ok (its defect was found)" : "FAILED"
        : HasPassed(result) ? "ok" : "FAILED (its defect was not found)";

    private TargetResult Run(FuzzTarget target, int seconds)
    {
        var time = Stopwatch.StartNew();
        var watch = new ChildWatch(options, target, seconds);
        bool isTerminal = !Console.IsOutputRedirected;
        long shown = 0;
        TargetResult result = watch.Run(operations =>
        {
            if (!isTerminal && time.ElapsedMilliseconds - shown < 10_000)
                return;
            shown = time.ElapsedMilliseconds;
            Console.Write($"{(isTerminal ? "\r\u001b[K" : "")}    {target.Name}: {shown / 1000} s, {operations:N0} operations"
                + (isTerminal ? "" : "\n"));
        });
        result = FailingInput.Find(result, options);
        if (isTerminal)
            Console.Write("\r\u001b[K");
        Console.WriteLine($"{(HasPassed(result) ? "ok  " : "FAIL")} {target.Name}: {target.What}");
        if (result.Summary.Length > 0)
            Console.WriteLine($"     {result.Summary}");
        return result;
    }

    private void Report(TargetResult result, int seconds)
    {
        Console.WriteLine($"---- {result.Target.Name}: seed {options.Seed}");
        foreach (string line in result.Reports)
            Console.WriteLine($"     {line}");
        if (!result.HasFound)
            Console.WriteLine("     nothing was found, and a defect is planted");
        string command = $"./build.sh fuzz --target {result.Target.Name}";
        if (result.Input is { } input)
        {
            Console.WriteLine($"     to replay: {command} --input {Path.GetRelativePath(Environment.CurrentDirectory, input)}");
            return;
        }
        Console.WriteLine($"     to replay: {command} --seed {options.Seed} --threads {options.Threads} --seconds {seconds}{Faults()}");
    }

    private string Faults()
    {
        var usual = new FuzzOptions();
        return (options.DiskFaults == usual.DiskFaults ? "" : $" --disk-faults {options.DiskFaults}")
            + (options.InterruptFaults == usual.InterruptFaults ? "" : $" --interrupt-faults {options.InterruptFaults}")
            + (options.MemoryFaults == usual.MemoryFaults ? "" : $" --memory-faults {options.MemoryFaults}");
    }
}
