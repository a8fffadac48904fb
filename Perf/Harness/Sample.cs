namespace NvmeDoorbell.Perf.Harness;

/// <summary>One sample of a shape: what an operation cost on average.</summary>
/// <param name="Ns">Nanoseconds for one operation, or the figure's own unit; NaN where the shape is not there.</param>
/// <param name="AllocatedBytes">Managed bytes allocated for one operation, by every thread of the process.</param>
/// <param name="CpuNs">The device's CPU time for one operation; NaN where it is not measured.</param>
internal readonly record struct Sample(double Ns, double AllocatedBytes, double CpuNs = double.NaN);
