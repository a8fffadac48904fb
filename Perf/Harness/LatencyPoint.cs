namespace NvmeDoorbell.Perf.Harness;

/// <summary>A point of a distribution.</summary>
/// <param name="Ns">Nanoseconds.</param>
/// <param name="Part">The part of all, 0 to 1, that took no longer.</param>
internal readonly record struct LatencyPoint(double Ns, double Part);
