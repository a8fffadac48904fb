using System.Diagnostics;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using NvmeDoorbell.Tests.Fuzz.Feedback;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Runs a target in a process of its own, and turns the end of that process into reports.</summary>
internal sealed class ChildWatch(FuzzOptions options, FuzzTarget target, int seconds)
{
    /// <summary>The child tells of itself every quarter of a second; and freeing everything takes a while.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan DumpTime = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<string> _reports = [];
    private readonly List<string> _errors = [];
    private long _operations;
    private long _heard = Environment.TickCount64;
    private string _summary = "";
    private string? _input;
    private bool _isHung;
    private bool _isDone;

    public long Operations => Volatile.Read(ref _operations);

    /// <summary>Runs it to its end, and calls back now and then.</summary>
    public TargetResult Run(Action<long> progress)
    {
        var time = Stopwatch.StartNew();
        using Process child = Start();
        while (!child.WaitForExit(TimeSpan.FromMilliseconds(250)))
        {
            progress(Operations);
            bool isSilent = Environment.TickCount64 - Volatile.Read(ref _heard) > Silence.TotalMilliseconds;
            if (!isSilent && !Volatile.Read(ref _isHung))
                continue;
            if (isSilent)
                Report($"hang: the process has been silent for {Silence.TotalSeconds} s");
            Dump(child);
            child.Kill();
            child.WaitForExit();
            break;
        }
        child.WaitForExit(); // and its output has been read
        if (!_isDone && !Volatile.Read(ref _isHung) && _reports.Count == 0)
            Report($"crash: exit code {child.ExitCode}{Signal(child.ExitCode)}");
        lock (_lock)
        {
            if (_reports.Count > 0)
                _reports.AddRange(_errors);
            return new TargetResult(target, Operations, time.Elapsed.TotalSeconds, _summary, _input, [.. _reports]);
        }
    }

    private static string Signal(int exitCode) => exitCode > 128 ? $" (signal {exitCode - 128})" : "";

    private Process Start()
    {
        var start = new ProcessStartInfo(DotNet())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(target.IsInstrumented ? InstrumentedCopy.Make() : typeof(ChildWatch).Assembly.Location);
        string[] arguments =
        [
            "--child", "--target", target.Name, "--seed", Text(options.Seed), "--threads", Text(options.Threads),
            "--seconds", Text(seconds), "--disk-faults", options.DiskFaults, "--interrupt-faults", options.InterruptFaults,
            "--memory-faults", options.MemoryFaults,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        if (options.IsDistill)
            start.ArgumentList.Add("--distill");
        if (options.Input is { } input)
        {
            start.ArgumentList.Add("--input");
            start.ArgumentList.Add(input);
        }
        Process child = Process.Start(start)!;
        child.OutputDataReceived += (_, e) => Hear(e.Data);
        child.ErrorDataReceived += (_, e) => HearError(e.Data);
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return child;
    }

    /// <summary>The host that runs this program, or would: the instrumented copy has no executable of its own.</summary>
    private static string DotNet() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    private void Hear(string? line)
    {
        Volatile.Write(ref _heard, Environment.TickCount64);
        if (line is not { Length: >= 2 })
            return;
        string text = line[2..];
        switch (line[0])
        {
            case 'P' or 'D':
                if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long operations))
                    Volatile.Write(ref _operations, operations);
                _isDone |= line[0] == 'D';
                break;
            case 'S':
                _summary = text;
                break;
            case 'I':
                _input = text;
                break;
            case 'F':
                Report(text);
                break;
            case 'H':
                Volatile.Write(ref _isHung, true);
                break;
        }
    }

    private void HearError(string? line)
    {
        lock (_lock)
        {
            if (line is not null && _errors.Count < 80)
                _errors.Add(line);
        }
    }

    private void Report(string what)
    {
        lock (_lock)
            _reports.Add(what);
    }

    private void Dump(Process child)
    {
        string path = Path.Combine(FuzzFiles.Root, $"hang-{target.Name}-{Text(options.Seed)}.dmp");
        try
        {
            Directory.CreateDirectory(FuzzFiles.Root);
            // A process that is too far gone to answer is not waited for.
            if (!new DiagnosticsClient(child.Id).WriteDumpAsync(DumpType.Normal, path, false, default).Wait(DumpTime))
            {
                Report($"no stacks: the process has not answered for {DumpTime.TotalSeconds} s");
                return;
            }
            Report($"stacks of all threads, of {path}:");
            foreach (string line in StackReport.Read(path))
                Report(line);
        }
        catch (Exception e)
        {
            Report($"no stacks: {e.Message}");
        }
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
