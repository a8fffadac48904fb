using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>The price of a wake to the one who rings.</summary>
internal sealed class RingSleeper() : Figure("ring_sleeper", "A ring that wakes a parked follower: the time it takes from the thread that rings", "futex")
{
    public override bool HasAotTwins => false;

    public override PlotKind Plot => PlotKind.Distribution;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        .. surroundings.Native(Name, "futex", "eventfd"),
        new CoreRingParkedShape("core_csharp", isNative: false),
        .. Surroundings.InProcess(static () => new CoreRingParkedShape("core_c_inline", isNative: true)),
        .. ManagedShapes.All.Select(other => new RingSleeperShape(other.Name, other.Create())),
    ];
}
