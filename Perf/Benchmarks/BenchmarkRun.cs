using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains;
using BenchmarkDotNet.Toolchains.NativeAot;
using Perfolizer.Horology;

namespace NvmeDoorbell.Perf.Benchmarks;

/// <summary>The BenchmarkDotNet part of a run: just-in-time and NativeAOT, with allocation columns.</summary>
internal static class BenchmarkRun
{
    // The compiler comes from the package sources that restored this project; the toolchain's own default names others.
    private static readonly IToolchain NativeAot = NativeAotToolchain.CreateBuilder()
        .UseNuGet("", "")
        .TargetFrameworkMoniker("net10.0")
        .ToToolchain();

    /// <summary>Runs all benchmarks; results go to a folder below <paramref name="directory"/>.</summary>
    /// <returns>Whether every one was measured.</returns>
    public static bool Execute(string directory)
    {
        // BenchmarkDotNet builds projects of its own, which do not know this solution's properties.
        Environment.SetEnvironmentVariable("CppCompilerAndLinker", "gcc");
        var job = Job.Default
            .WithWarmupCount(5)
            .WithIterationCount(15)
            .WithIterationTime(TimeInterval.FromMilliseconds(100));
        var config = ManualConfig.CreateEmpty()
            .AddJob(job.WithRuntime(CoreRuntime.Core10_0).WithId("JIT"))
            .AddJob(job.WithToolchain(NativeAot).WithId("NativeAOT"))
            .WithBuildTimeout(TimeSpan.FromMinutes(30))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub, JsonExporter.Brief)
            .WithArtifactsPath(Path.Combine(directory, "benchmarks"));
        // A table each: what a ring is compared with is not what a sleep is compared with.
        return BenchmarkSwitcher.FromTypes([typeof(RingBenchmarks), typeof(SleepBenchmarks)])
            .RunAll(config)
            .All(static summary => summary.Reports.Length == summary.BenchmarksCases.Length
                && summary.Reports.All(static report => report.Success));
    }
}
