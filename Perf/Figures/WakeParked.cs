using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>From a ring to a follower that had to be scheduled.</summary>
internal sealed class WakeParked(bool isPinned) : Figure(
    isPinned ? "wake_parked_pinned" : "wake_parked",
    isPinned
        ? "The same with ringer and follower on a CPU each, as a vCPU and a reactor are"
        : "Ring to resumed, follower parked, one way (ping-pong / 2), threads wherever the system puts them",
    "futex")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        .. surroundings.Native(Name, "futex", "eventfd", "eventfd_epoll", "atomic_waker", "rwlock_waker"),
        new CorePingPongShape("core_csharp", isPinned),
        new CorePingPongShape("core_csharp_symmetric", isPinned, DoorbellBarrier.Symmetric),
        new CorePingPongShape("core_csharp_asymmetric", isPinned, DoorbellBarrier.Asymmetric),
        .. Surroundings.InProcess(() => new CoreAnswerShape("core_c_inline", parks: true, isNative: true, isPinned)),
        .. isPinned
            ? []
            : ManagedShapes.All.SelectMany(one => Surroundings.InProcess(() => new AnswerShape(one.Name, one.Create()))),
    ];
}
