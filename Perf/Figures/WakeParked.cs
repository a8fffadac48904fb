using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>From a ring to a follower that had to be scheduled.</summary>
internal sealed class WakeParked() : Figure("wake_parked", "Ring to resumed, follower parked, one way", "futex")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        .. surroundings.Native(Name, "futex", "eventfd", "rwlock_waker"),
        .. PeersLibrary.IsThere ? Shapes.Doorbells.Others.Select(other => new AnswerShape(other.Name, other.Create())) : [],
    ];
}
