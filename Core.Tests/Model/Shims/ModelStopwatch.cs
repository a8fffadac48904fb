namespace NvmeDoorbell.Model.Shims;

/// <summary>Stands for System.Diagnostics.Stopwatch: no time passes, so no deadline is missed.</summary>
internal static class ModelStopwatch
{
    public const long Frequency = TimeSpan.TicksPerSecond;

    public static long GetTimestamp() => 0;

    public static TimeSpan GetElapsedTime(long start) => TimeSpan.FromTicks(-start);
}
