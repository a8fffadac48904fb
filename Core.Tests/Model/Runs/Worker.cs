using System.Diagnostics;
using NvmeDoorbell.Model.Mutants;

namespace NvmeDoorbell.Model.Runs;

/// <summary>
/// A process that explores: an exploration owns its process's memory and collector, and a mutant may end its process.
/// </summary>
internal static class Worker
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Runs a job in a process of its own: its results, and its explanations of what fails.</summary>
    /// <param name="assembly">The mutant's; null: this program.</param>
    /// <param name="job">What it does.</param>
    /// <param name="options">Of the command line.</param>
    public static (IReadOnlyList<RunResult> Results, string Text) Run(string? assembly, Job job, Options options)
    {
        using Process process = Start(assembly, job, options, redirect: true);
        List<RunResult> results = [];
        StringWriter text = new();
        // It keeps to the limit by itself, but a mutant may turn where nobody counts.
        using System.Threading.Timer killer = new(_ => process.Kill(), null, options.Limit * job.Scenarios.Count + Grace, Timeout.InfiniteTimeSpan);
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (RunResult.Parse(line) is { } result)
                results.Add(result);
            else
                text.WriteLine(line);
        }

        process.WaitForExit();
        if (process.ExitCode is not (0 or 1))
            text.WriteLine($"{job.Name}: the process ended with code {process.ExitCode}");
        return (results, text.ToString());
    }

    /// <summary>Shows one schedule of the job's scenario.</summary>
    public static int Replay(Job job, Options options)
    {
        string? assembly = job.Mutant is null ? null : new MutantCompiler().Compile(job.Mutant);
        using Process process = Start(assembly, job, options, redirect: false);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static Process Start(string? assembly, Job job, Options options, bool redirect)
    {
        string own = typeof(Worker).Assembly.Location;
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = redirect, UseShellExecute = false };
        // Where fibers run nothing is compiled twice; this process, which compiles mutants, may have been told otherwise.
        start.Environment.Remove("DOTNET_TieredCompilation");
        // Half of the time goes into fetching memory from the system again after each collection, unless its share is large.
        start.Environment["DOTNET_GCgen0size"] = "0x4000000";
        // A mutant's assembly lies alone, without the files that say how it is to be run: this program's are.
        foreach (string argument in (string[])["exec", "--runtimeconfig", Path.ChangeExtension(own, ".runtimeconfig.json"), assembly ?? own])
            start.ArgumentList.Add(argument);
        foreach (string argument in (string[])["--scenario", string.Join(',', job.Scenarios), .. options.Passed()])
            start.ArgumentList.Add(argument);
        if (job.Mutant is not null)
            start.ArgumentList.Add($"--mutant={job.Mutant.Name}");
        return Process.Start(start)!;
    }
}
