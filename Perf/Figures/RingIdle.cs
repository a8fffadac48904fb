using System.Globalization;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>A ring while the follower is awake.</summary>
internal sealed class RingIdle(int threads) : Figure(
    string.Create(CultureInfo.InvariantCulture, $"ring_idle_{threads}t"),
    threads == 1
        ? "A ring while nobody sleeps, one thread"
        : string.Create(CultureInfo.InvariantCulture, $"A ring while nobody sleeps, {threads} threads, each on doorbells of its own"),
    "limit")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings)
    {
        var count = threads * RingIdleShape<LimitRinger>.PerThread;
        return
        [
            .. surroundings.Native(Name, "limit"),
            new RingIdleShape<LimitRinger>("limit_csharp", new LimitRinger(new uint[count * LimitRinger.StrideWords]), threads),
            .. surroundings.NativeOfLibrary(Name, "core_c_inline", "core_c_export"),
            .. surroundings.Native(Name, "atomic_waker", "rwlock_waker", "eventfd"),
            Managed(count, "rwlock_waker_csharp", Sharing(new ReaderWriterLockSlim())),
            Managed(count, "channel", static () => new ChannelDoorbell()),
            Managed(count, "task_completion_source", static () => new TaskCompletionSourceDoorbell()),
            Managed(count, "manual_reset_value_task_source", static () => new ValueTaskSourceDoorbell()),
            Managed(count, "semaphore_slim", static () => new SemaphoreDoorbell()),
        ];
    }

    private static Func<RwLockDoorbell> Sharing(ReaderWriterLockSlim all) => () => new RwLockDoorbell(all);

    private RingIdleShape<DoorbellRinger<T>> Managed<T>(int count, string name, Func<T> create)
        where T : class, IDoorbell
    {
        var doorbells = Enumerable.Range(0, count).Select(_ => create()).ToArray();
        return new RingIdleShape<DoorbellRinger<T>>(name, new DoorbellRinger<T>(doorbells), threads);
    }
}
