namespace NvmeDoorbell.Controller;

/// <summary>
/// What a task has done. Written by its task alone, with plain stores of whole words; other threads read by
/// <see cref="IoTotals.Of"/> and may see counters of different moments.
/// </summary>
internal sealed class IoCounters
{
    public ulong Commands;
    public ulong Errors;
    public ulong MediaErrors;
    public ulong Reads;
    public ulong Writes;
    public ulong BytesRead;
    public ulong BytesWritten;

    /// <summary>New values that were found in doorbells.</summary>
    public ulong Doorbells;

    /// <summary>Commands that <see cref="LatencyMeter"/> has timed, and those that they stand for.</summary>
    public ulong TimedCommands;

    /// <summary>What they took in all, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public ulong TimedTicks;
}
