using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>The queues alone.</summary>
internal sealed class QueueFetchPost() : Figure(
    "queue_fetch_post", "A submission entry fetched and a completion entry posted, one thread", "limit_csharp")
{
    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
        [new QueueLimitShape("limit_csharp"), new QueueShape("core_csharp")];
}
