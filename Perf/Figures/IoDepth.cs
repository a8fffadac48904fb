using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>Reads of 4 KiB at random, over depth and over queues.</summary>
internal sealed class IoDepth(DiskKind disk, int lengthBytes) : Figure(
    $"io_{disk.Name}_{(lengthBytes == 512 ? "512" : "4k")}",
    $"Random reads of {lengthBytes} bytes on {disk.Title}: from one to the next, guest thread and reactor on a core each",
    disk == DiskKind.CachedFile ? Limit : "depth_1")
{
    private const string Limit = "limit";

    private static readonly int[] Depths = [1, 4, 16, 32, 64, 128, 256];
    private static readonly int[] QueueCounts = [2, 4, 8];

    public override PlotKind Plot => PlotKind.Lines;

    public override string Axis => "commands under way on one queue; or queues with 32 each";

    public override bool IsDrawnAsRate => true;

    public override int MostRounds => 15;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => PeersLibrary.IsThere
        ?
        [
            .. disk == DiskKind.CachedFile ? new Shape[] { new PageReadShape(Limit) } : [],
            .. Depths.Select(depth => Create($"depth_{depth}", 1, depth)),
            .. QueueCounts.Select(queues => Create($"queues_of_32_{queues}", queues, 32)),
        ]
        : [];

    private Lazily Create(string name, int queues, int depth)
        => new(name, () => new IoShape(disk, lengthBytes, queues, depth));
}
