namespace NvmeDoorbell.Controller;

/// <summary>When the commands behind a doorbell value were noticed, if they are timed.</summary>
/// <param name="At">In <see cref="System.Diagnostics.Stopwatch"/> ticks.</param>
/// <param name="Weight">For how many commands each of them stands; 0: they are not timed.</param>
internal readonly record struct LatencySample(long At, int Weight);
