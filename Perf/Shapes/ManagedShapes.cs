namespace NvmeDoorbell.Perf.Shapes;

/// <summary>The managed shapes of a doorbell by name.</summary>
internal static class ManagedShapes
{
    private static readonly ReaderWriterLockSlim OneLock = new();

    /// <summary>Every shape that a C# user might write instead of ours.</summary>
    public static IReadOnlyList<(string Name, Func<IDoorbell> Create)> All { get; } =
    [
        ("rwlock_waker_csharp", static () => new RwLockDoorbell(OneLock)),
        ("channel", static () => new ChannelDoorbell()),
        ("task_completion_source", static () => new TaskCompletionSourceDoorbell()),
        ("manual_reset_value_task_source", static () => new ValueTaskSourceDoorbell()),
        ("dotnext_auto_reset_event", static () => new AutoResetEventDoorbell()),
        ("semaphore_slim", static () => new SemaphoreDoorbell()),
    ];
}
