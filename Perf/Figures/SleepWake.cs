using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>One whole sleep on one thread.</summary>
internal sealed class SleepWake() : Figure("sleep_wake", "A wait begun, rung and taken by one thread: what sleep and wake cost without a switch of threads", "manual_reset_value_task_source")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        new CoreAwaitShape("core_csharp", DoorbellBarrier.Default),
        new CoreAwaitShape("core_csharp_symmetric", DoorbellBarrier.Symmetric),
        new CorePollShape("core_csharp_poll", DoorbellBarrier.Default),
        new CorePollShape("core_csharp_poll_symmetric", DoorbellBarrier.Symmetric),
        .. ManagedShapes.All.Select(other => new SleepWakeShape(other.Name, other.Create())),
    ];
}
