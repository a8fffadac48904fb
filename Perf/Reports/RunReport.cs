using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Reports;

/// <summary>One run: what was measured, where and when.</summary>
/// <param name="Time">When it ended, UTC.</param>
/// <param name="Machine">Processor, system, runtime.</param>
/// <param name="Figures">The figures in their order, each with its measurements.</param>
internal sealed record RunReport(
    DateTime Time, string Machine, IReadOnlyList<(Figure Figure, IReadOnlyList<Measurement> Measurements)> Figures);
