using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>How long a VMM waits for the library.</summary>
internal sealed class StartUp() : Figure(
    "start_up", "From main of a C program: to the library's first answer, and to CSTS.RDY of a new controller", "library")
{
    public override PlotKind Plot => PlotKind.None;

    public override int MostRounds => 11;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) => FootprintProgram.IsThere
        ?
        [
            new ValueShape("library", static () => FootprintProgram.Run("startNs")),
            new ValueShape("controller_ready", static () => FootprintProgram.Run("readyNs")),
        ]
        : [];
}
