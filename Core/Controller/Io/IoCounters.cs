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
}
