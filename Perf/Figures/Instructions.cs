using NvmeDoorbell.Perf.Harness;
using NvmeDoorbell.Perf.Peers;
using NvmeDoorbell.Perf.Shapes;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>Instructions of an operation: the same on every run, whatever else the machine does.</summary>
internal sealed class Instructions() : Figure(
    "instructions", "Instructions of the library and its caller for one operation, as callgrind counts them", "ring_inline")
{
    public override string Unit => "instructions";

    public override PlotKind Plot => PlotKind.None;

    public override int MostRounds => 1;

    public override IReadOnlyList<Shape> CreateShapes(Surroundings surroundings) =>
        surroundings.LibraryPath is { } library && InstructionCounter.IsThere ? [.. InstructionCounter.Shapes.Select(
            name => Once(name, new Lazy<double>(() => InstructionCounter.Count(library, name))))] : [];

    /// <summary>Counted once: another count would give the same number.</summary>
    private static ValueShape Once(string name, Lazy<double> count) => new(name, () => count.Value);
}
