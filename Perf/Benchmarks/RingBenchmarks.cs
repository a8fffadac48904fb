using BenchmarkDotNet.Attributes;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Benchmarks;

/// <summary>The small costs once more, by BenchmarkDotNet: a ring while nobody sleeps, and what it allocates.</summary>
[MemoryDiagnoser]
public class RingBenchmarks : IDisposable
{
    private const int Rings = 1024;
    private const int Count = 32;

    private CoreDoorbells _core = null!;
    private LimitRinger _limit;
    private ChannelDoorbell.Ringer _channel;
    private TaskCompletionSourceDoorbell.Ringer _taskCompletionSource;
    private ValueTaskSourceDoorbell.Ringer _valueTaskSource;
    private SemaphoreDoorbell.Ringer _semaphore;
    private RwLockDoorbell.Ringer _rwLock;

    /// <summary>Makes the doorbells.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var all = new ReaderWriterLockSlim();
        _core = new CoreDoorbells(Count);
        _limit = new LimitRinger(new uint[Count * LimitRinger.StrideWords]);
        _channel = new(Many(static () => new ChannelDoorbell()));
        _taskCompletionSource = new(Many(static () => new TaskCompletionSourceDoorbell()));
        _valueTaskSource = new(Many(static () => new ValueTaskSourceDoorbell()));
        _semaphore = new(Many(static () => new SemaphoreDoorbell()));
        _rwLock = new(Many(() => new RwLockDoorbell(all)));
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _core.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rings)]
    public int Limit() => Ring(_limit);

    [Benchmark(OperationsPerInvoke = Rings)]
    public int Core() => Ring(new CoreRinger(_core));

    [Benchmark(OperationsPerInvoke = Rings)]
    public int RwLockAndWaker() => Ring(_rwLock);

    [Benchmark(OperationsPerInvoke = Rings)]
    public int Channel() => Ring(_channel);

    [Benchmark(OperationsPerInvoke = Rings)]
    public int TaskCompletionSource() => Ring(_taskCompletionSource);

    [Benchmark(OperationsPerInvoke = Rings)]
    public int ManualResetValueTaskSource() => Ring(_valueTaskSource);

    [Benchmark(OperationsPerInvoke = Rings)]
    public int SemaphoreSlim() => Ring(_semaphore);

    private static T[] Many<T>(Func<T> create) => [.. Enumerable.Range(0, Count).Select(_ => create())];

    private static int Ring<T>(T ringer)
        where T : struct, IRinger
    {
        var rung = 0;
        for (var i = 0; i < Rings; i++)
            if (ringer.Ring(i & (Count - 1), (uint)i))
                rung++;
        return rung;
    }
}
