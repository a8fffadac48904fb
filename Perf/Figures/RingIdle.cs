using System.Globalization;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
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
        var core = new CoreDoorbells(count);
        return
        [
            .. surroundings.Native(Name, "limit"),
            new RingIdleShape<LimitRinger>("limit_csharp", new LimitRinger(new uint[count * LimitRinger.StrideWords]), threads),
            new RingIdleShape<CoreRinger>("core_csharp", new CoreRinger(core), threads, core),
            .. surroundings.NativeOfLibrary(Name, "core_c_inline", "core_c_export"),
            .. surroundings.IsInlineRingInProcess ? Surroundings.InProcess(() => new InlineRingShape(Name)) : [],
            .. surroundings.Native(Name, "atomic_waker", "mutex_slot", "rwlock_waker", "eventfd"),
            Managed("rwlock_waker_csharp", new RwLockDoorbell.Ringer(Many(count, Sharing(new ReaderWriterLockSlim())))),
            Managed("channel", new ChannelDoorbell.Ringer(Many(count, static () => new ChannelDoorbell()))),
            Managed("task_completion_source", new TaskCompletionSourceDoorbell.Ringer(
                Many(count, static () => new TaskCompletionSourceDoorbell()))),
            Managed("manual_reset_value_task_source", new ValueTaskSourceDoorbell.Ringer(
                Many(count, static () => new ValueTaskSourceDoorbell()))),
            Managed("dotnext_auto_reset_event", new AutoResetEventDoorbell.Ringer(
                Many(count, static () => new AutoResetEventDoorbell()))),
            Managed("semaphore_slim", new SemaphoreDoorbell.Ringer(Many(count, static () => new SemaphoreDoorbell()))),
        ];
    }

    private static Func<RwLockDoorbell> Sharing(ReaderWriterLockSlim all) => () => new RwLockDoorbell(all);

    private static T[] Many<T>(int count, Func<T> create) => [.. Enumerable.Range(0, count).Select(_ => create())];

    private RingIdleShape<T> Managed<T>(string name, T ringer)
        where T : struct, IRinger
        => new(name, ringer, threads);
}
