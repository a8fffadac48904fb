using System.Globalization;
using NvmeDoorbell.Model.Mutants;
using Clock = System.Diagnostics.Stopwatch;

namespace NvmeDoorbell.Model.Runs;

/// <summary>Runs jobs, a few processes at a time; says how it goes; ends with tables of all results.</summary>
internal sealed class Foreman(Options options)
{
    private readonly System.Threading.Lock _gate = new();
    private readonly List<(Job Job, bool IsRight, IReadOnlyList<RunResult> Results)> _done = [];
    private readonly Lazy<MutantCompiler> _compiler = new(static () => new MutantCompiler());
    private readonly Clock _watch = Clock.StartNew();
    private int _jobCount;

    /// <summary>True: every scenario is as it must be, every mutant is caught.</summary>
    public bool Run(IReadOnlyList<Job> jobs)
    {
        _jobCount = jobs.Count;
        // One at a time from the list's head: the mutants, which are short, come last, so all processors are busy to the end.
        var queue = System.Collections.Concurrent.Partitioner.Create(jobs, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(queue, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, Run);
        if (_compiler.IsValueCreated)
            _compiler.Value.Clean();
        return Report(jobs);
    }

    private void Run(Job job)
    {
        (IReadOnlyList<RunResult> results, string text) = ([], "");
        try
        {
            string? assembly = job.Mutant is null ? null : _compiler.Value.Compile(job.Mutant);
            (results, text) = Worker.Run(assembly, job, options);
        }
        catch (MutantException wrong)
        {
            text = $"{wrong.Message}\n";
        }

        bool isCaught = results.Any(result => result.Verdict == Verdict.Failed);
        bool isRight = job.Mutant is not null
            ? isCaught
            : results.Count != 0 && results.All(result => result.Verdict is Verdict.Holds or Verdict.Found);
        lock (_gate)
        {
            _done.Add((job, isRight, results));
            string what = job.Mutant is null
                ? isRight ? "holds" : $"FAILED {results.FirstOrDefault(result => result.Wrong.Length != 0)?.Wrong}"
                : isRight ? $"caught by {results[^1].Scenario}: {results[^1].Wrong}" : "NOT CAUGHT";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"[{_done.Count,3}/{_jobCount}] {_watch.Elapsed.TotalSeconds,5:F0} s  {job.Name,-34} {what}"));
            // How a mutant is caught is shown where one is asked for by name.
            if (!isRight || (job.Mutant is not null && options.Mutant is { } name && !name.EndsWith('*')))
                Console.Write(text);
        }
    }

    private bool Report(IReadOnlyList<Job> jobs)
    {
        var inOrder = jobs.Select(job => _done.First(done => done.Job == job)).ToList();
        if (inOrder.Exists(done => done.Job.Mutant is null))
        {
            Console.WriteLine();
            Console.WriteLine(RunResult.TableHead);
            foreach ((Job job, _, IReadOnlyList<RunResult> results) in inOrder.Where(done => done.Job.Mutant is null))
            {
                foreach (RunResult result in results)
                    Console.WriteLine(result.TableRow());
                if (results.Count == 0)
                    Console.WriteLine($"{job.Name,-34} no result");
            }
        }

        if (inOrder.Exists(done => done.Job.Mutant is not null))
        {
            Console.WriteLine();
            Console.WriteLine($"{"mutant",-34} {"of",-28} caught by");
            foreach ((Job job, bool isRight, IReadOnlyList<RunResult> results) in inOrder.Where(done => done.Job.Mutant is not null))
            {
                string by = isRight ? string.Create(CultureInfo.InvariantCulture,
                    $"{results[^1].Scenario}, schedule {results[^1].Schedules:N0}, {results.Sum(result => result.Seconds):F1} s") : "NOTHING";
                Console.WriteLine($"{job.Name,-34} {job.Mutant!.File,-28} {by}");
            }
        }

        int failed = inOrder.Count(done => !done.IsRight);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_watch.Elapsed.TotalSeconds:F0} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inOrder.Count - failed} passed, {failed} failed"));
        return failed == 0;
    }
}
