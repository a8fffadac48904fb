using BenchmarkDotNet.Attributes;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Benchmarks;

/// <summary>A wait begun, rung and taken by one thread, by BenchmarkDotNet, and what it allocates.</summary>
[MemoryDiagnoser]
public class SleepBenchmarks : IDisposable
{
    private const int Cycles = 256;

    private SleepWakeShape _channel = null!;
    private SleepWakeShape _taskCompletionSource = null!;
    private SleepWakeShape _valueTaskSource = null!;
    private SleepWakeShape _semaphore = null!;
    private CoreAwaitShape _asymmetric = null!;
    private CoreAwaitShape _symmetric = null!;
    private CorePollShape _poll = null!;

    /// <summary>Makes the doorbells.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _channel = new("channel", new ChannelDoorbell());
        _taskCompletionSource = new("task_completion_source", new TaskCompletionSourceDoorbell());
        _valueTaskSource = new("manual_reset_value_task_source", new ValueTaskSourceDoorbell());
        _semaphore = new("semaphore_slim", new SemaphoreDoorbell());
        _asymmetric = new("core_csharp", DoorbellBarrier.Default);
        _symmetric = new("core_csharp_symmetric", DoorbellBarrier.Symmetric);
        _poll = new("core_csharp_poll_symmetric", DoorbellBarrier.Symmetric);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _channel.Dispose();
        _taskCompletionSource.Dispose();
        _valueTaskSource.Dispose();
        _semaphore.Dispose();
        _asymmetric.Dispose();
        _symmetric.Dispose();
        _poll.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Cycles)]
    public double ManualResetValueTaskSource() => _valueTaskSource.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double Core() => _asymmetric.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double CoreSymmetric() => _symmetric.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double CorePollSymmetric() => _poll.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double Channel() => _channel.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double TaskCompletionSource() => _taskCompletionSource.Run(Cycles);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public double SemaphoreSlim() => _semaphore.Run(Cycles);
}
