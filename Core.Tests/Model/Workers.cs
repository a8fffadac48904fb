using System.Diagnostics;
using System.Globalization;
using Clock = System.Diagnostics.Stopwatch;

namespace NvmeDoorbell.Model;

/// <summary>
/// Runs many scenarios, each in a process of its own, a few at a time: an exploration owns its process's memory and collector.
/// </summary>
internal static class Workers
{
    public static int Run(IReadOnlyList<string> scenarios, Options options)
    {
        Console.WriteLine($"{"scenario",-34} {"order",-10} {"pre.",4} {"schedules",11} {"states",11} {"time",9}");
        Clock watch = Clock.StartNew();
        int failed = 0;
        Parallel.ForEach(scenarios, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, scenario =>
        {
            (int status, string text) = RunOne(scenario, options);
            Console.Write(text);
            if (status != 0)
                System.Threading.Interlocked.Increment(ref failed);
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{scenarios.Count} scenarios, {failed} failed, {watch.Elapsed.TotalSeconds:F0} s"));
        return failed == 0 ? 0 : 1;
    }

    private static (int Status, string Text) RunOne(string scenario, Options options)
    {
        ProcessStartInfo start = new(System.Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(System.Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(Workers).Assembly.Location);
        foreach (string argument in (string[])["--scenario", scenario, .. options.Passed()])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode is 0 or 1 ? text : $"{text}{scenario}: the process ended with code {process.ExitCode}\n");
    }
}
