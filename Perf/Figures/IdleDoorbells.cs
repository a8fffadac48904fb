using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>What a thousand quiet doorbells cost a busy one.</summary>
internal sealed class IdleDoorbells() : Figure(
    "idle_doorbells", "Ring to task runs, reactor polling, one way, beside quiet tasks of the same reactor", "alone")
{
    private static readonly int[] Neighbours = [0, 1024];

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
    [
        .. Neighbours.Select(count => new Lazily(
            count == 0 ? "alone" : $"with_{count}",
            () => new CoreAnswerShape("", parks: false, isNative: false, quietNeighbours: count))),
    ];
}
