using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>How large the library is, and what a controller takes of its process.</summary>
internal sealed class Footprint() : Figure(
    "footprint", "The shared library on disk; resident memory of a process with a controller of 64 queue pairs", "library")
{
    public override string Unit => "bytes";

    public override PlotKind Plot => PlotKind.None;

    public override int MostRounds => 5;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
        surroundings.LibraryPath is { } library && FootprintProgram.IsThere
            ?
            [
                new ValueShape("library", () => new FileInfo(library).Length),
                new ValueShape("resident_64_queues", static () => FootprintProgram.Run("residentBytes")),
                new ValueShape("queue_pair", static () => FootprintProgram.Run("queueBytes")),
                new ValueShape("doorbell", static () => FootprintProgram.Run("doorbellBytes")),
                new ValueShape("resident_before", static () => FootprintProgram.Run("baseBytes")),
            ]
            : [];
}
