using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>What a collection in the device's process does to wakes: the task is managed code, and stops with it.</summary>
internal sealed class GcWake() : Figure(
    "gc_wake", "Ring to task runs, parked, while the process collects a large heap in a loop, and without", "core_csharp")
{
    private static readonly TimeSpan Idle = TimeSpan.FromMicroseconds(100);

    public override PlotKind Plot => PlotKind.Distribution;

    public override bool HasAotTwins => false;

    public override int MostRounds => 11;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings)
    {
        var heap = new LargeHeap(surroundings.IsFull ? 512 : 64);
        return
        [
            .. Surroundings.InProcess(
                static () => new Lazily("core_csharp", static () => new WakeLatencyShape("", ReactorPolling.Never, Idle)),
                () => new Lazily(
                    "core_csharp_collecting", () => new WakeLatencyShape("", ReactorPolling.Never, Idle, heap))),
        ];
    }
}
