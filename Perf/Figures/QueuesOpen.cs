using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>A guest that opens every queue that there can be.</summary>
internal sealed class QueuesOpen() : Figure(
    "queues_open", $"A queue pair created, of {OpenQueuesShape.Pairs} by a guest through the admin queue", "core_csharp")
{
    public override int MostRounds => 5;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => [new OpenQueuesShape("core_csharp")];
}
