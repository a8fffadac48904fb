using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>One read at a time, against what nothing can beat: two cache lines handed over and the copy.</summary>
internal sealed class ReadLatency() : Figure(
    "read_4k_depth_1", "A read of 4 KiB from a RAM disk, one at a time, all polling: until the guest sees the completion",
    "limit")
{
    public override PlotKind Plot => PlotKind.Distribution;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => PeersLibrary.IsThere
        ?
        [
            new Lazily("limit", static () => new CopyAnswerShape("")),
            new Lazily("core_csharp", static () => new IoShape(DiskKind.Ram, lengthBytes: 4096, queues: 1, depth: 1)),
        ]
        : [];
}
