using System.Diagnostics;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// The process that may crash: runs one target on its threads, and tells its parent by lines: <c>P operations</c> while
/// it lives, <c>F finding</c>, <c>H</c> for a hang, <c>S summary</c>, <c>I file of the failing input</c> and
/// <c>D operations</c> at the end.
/// </summary>
internal sealed class ChildRun(FuzzOptions options, FuzzTarget target)
{
    private const int TickMs = 250;
    private const int CanaryHangMs = 4_000;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly List<Worker> _workers = [];
    private readonly ManualResetEventSlim _end = new(false);
    private Scenario _scenario = null!;
    private int _stop;

    /// <summary>A thread that has not moved for so long hangs. A canary really does.</summary>
    private readonly int _hangMs = target.Planted is not null ? CanaryHangMs : 30_000;

    /// <returns>The exit code: 0, or 3 where something was found.</returns>
    public int Run()
    {
        int blocks = NativeBlock.LiveCount;
        int files = OpenFiles();
        _scenario = target.Make(options);
        Thread[] threads =
        [
            .. Enumerable.Range(0, Math.Min(options.Threads, _scenario.MaxThreads)).Select(index => Start($"hostile {index}", index, _scenario.Attack)),
            .. _scenario.Companions.Select((each, index) => Start(each.Name, 1000 + index, each.Step)),
        ];
        var watchdog = new Thread(() => Watch()) { IsBackground = true, Name = "watchdog" };
        watchdog.Start();
        var time = Stopwatch.StartNew();
        while (!IsOver(time.Elapsed) && _scenario.Findings.IsEmpty && Array.Exists(threads, thread => thread.IsAlive))
            _end.Wait(TickMs);
        Volatile.Write(ref _stop, 1);
        Array.ForEach(threads, thread => thread.Join());
        var finishing = new Worker("finish", 0) { Doing = "freeing everything" };
        lock (_workers)
            _workers.Add(finishing);
        Guard(finishing, _ => _scenario.Finish());
        finishing.IsDone = true;
        if (_scenario.Findings.IsEmpty)
            LookForLeaks(blocks, files);
        foreach (string finding in _scenario.Findings.All)
            Say('F', finding);
        Say('S', _scenario.Summary);
        if (_scenario.Input is { } input)
            Say('I', input);
        Say('D', Operations().ToString(System.Globalization.CultureInfo.InvariantCulture));
        return _scenario.Findings.IsEmpty ? 0 : 3;
    }

    /// <summary>On a machine that is busy with other things a run goes on until it shows something.</summary>
    private bool IsOver(TimeSpan elapsed) =>
        elapsed.TotalSeconds >= options.Seconds && (_scenario.HasBegun || elapsed > TimeSpan.FromSeconds(options.Seconds) + Grace);

    private Thread Start(string name, int index, Action<Worker> step)
    {
        var worker = new Worker(name, FuzzRandom.Derive(options.Seed, target.Name, index));
        lock (_workers)
            _workers.Add(worker);
        var thread = new Thread(() =>
        {
            while (Volatile.Read(ref _stop) == 0 && !worker.IsDone)
            {
                worker.BeginStep();
                Guard(worker, step);
            }
            worker.IsDone = true;
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return thread;
    }

    private void Guard(Worker worker, Action<Worker> step)
    {
        try
        {
            step(worker);
        }
        catch (Exception e)
        {
            _scenario.Findings.Add($"exception in {worker}: {e}");
            worker.IsDone = true;
            _end.Set();
        }
    }

    /// <summary>Progress every tick; a hang where a thread has not moved for too long.</summary>
    private void Watch()
    {
        var last = new Dictionary<Worker, (long Operations, long Since)>();
        using var never = new ManualResetEventSlim(false);
        while (true)
        {
            never.Wait(TickMs);
            Say('P', Operations().ToString(System.Globalization.CultureInfo.InvariantCulture));
            long now = Environment.TickCount64;
            Worker[] workers;
            lock (_workers)
                workers = [.. _workers];
            foreach (Worker worker in workers)
            {
                long operations = worker.Operations;
                if (!last.TryGetValue(worker, out (long Operations, long Since) seen) || seen.Operations != operations || worker.IsDone)
                    last[worker] = (operations, now);
                else if (now - seen.Since > _hangMs)
                    Hang(worker, workers);
            }
        }
    }

    private void Hang(Worker stuck, Worker[] workers)
    {
        Say('F', $"hang: no progress for {_hangMs / 1000} s of {stuck}");
        foreach (Worker worker in workers)
            Say('F', $"  thread {worker}{(worker.IsDone ? " (ended)" : "")}");
        foreach (string finding in _scenario.Findings.All)
            Say('F', finding);
        Say('H', "");
        new ManualResetEventSlim(false).Wait(); // the parent takes the stacks and ends the process
    }

    private void LookForLeaks(int blocks, int files)
    {
        // What finalizers close (timers, events) is closed first.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int blocksNow = NativeBlock.LiveCount;
        int filesNow = OpenFiles();
        _scenario.Findings.Expect(blocksNow == blocks, $"leak: {blocksNow - blocks} native blocks have not been freed");
        _scenario.Findings.Expect(filesNow <= files, $"leak: {filesNow - files} file descriptors are left open");
    }

    /// <summary>Files and event descriptors; what the runtime opens when it needs it is not counted.</summary>
    private static int OpenFiles() => !Directory.Exists("/proc/self/fd") ? 0
        : Directory.GetFiles("/proc/self/fd").Select(file => File.ResolveLinkTarget(file, false)?.FullName ?? "")
            .Count(name => name.EndsWith("[eventfd]", StringComparison.Ordinal)
                || (Path.IsPathRooted(name) && File.Exists(name) && Path.GetExtension(name) is not (".dll" or ".so")
                    && !name.StartsWith("/dev/", StringComparison.Ordinal)
                    && !name.StartsWith("/proc/", StringComparison.Ordinal)));

    private long Operations()
    {
        lock (_workers)
            return _workers.Sum(worker => worker.Operations);
    }

    private static void Say(char kind, string text)
    {
        foreach (string line in text.Split('\n'))
            Console.Out.WriteLine($"{kind} {line}");
        Console.Out.Flush();
    }
}
