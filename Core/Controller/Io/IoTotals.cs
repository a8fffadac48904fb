using System.Diagnostics;

namespace NvmeDoorbell.Controller;

/// <summary>What I/O tasks have done.</summary>
internal readonly record struct IoTotals
{
    public ulong Commands { get; private init; }

    public ulong Errors { get; private init; }

    public ulong MediaErrors { get; private init; }

    public ulong Reads { get; private init; }

    public ulong Writes { get; private init; }

    public ulong BytesRead { get; private init; }

    public ulong BytesWritten { get; private init; }

    public ulong Doorbells { get; private init; }

    public ulong TimedCommands { get; private init; }

    public ulong TimedNs { get; private init; }

    /// <summary>One task's, while it goes on counting.</summary>
    public static IoTotals Of(IoCounters counters) => new()
    {
        Commands = Volatile.Read(ref counters.Commands),
        Errors = Volatile.Read(ref counters.Errors),
        MediaErrors = Volatile.Read(ref counters.MediaErrors),
        Reads = Volatile.Read(ref counters.Reads),
        Writes = Volatile.Read(ref counters.Writes),
        BytesRead = Volatile.Read(ref counters.BytesRead),
        BytesWritten = Volatile.Read(ref counters.BytesWritten),
        Doorbells = Volatile.Read(ref counters.Doorbells),
        TimedCommands = Volatile.Read(ref counters.TimedCommands),
        TimedNs = (ulong)Stopwatch.GetElapsedTime(0, (long)Volatile.Read(ref counters.TimedTicks)).TotalNanoseconds,
    };

    public void Save(StateWriter writer)
    {
        ReadOnlySpan<ulong> values =
        [
            Commands, Errors, MediaErrors, Reads, Writes, BytesRead, BytesWritten, Doorbells, TimedCommands, TimedNs,
        ];
        foreach (ulong value in values)
            writer.Write(value);
    }

    public static IoTotals Read(ref StateReader reader) => new()
    {
        Commands = reader.ReadUInt64(),
        Errors = reader.ReadUInt64(),
        MediaErrors = reader.ReadUInt64(),
        Reads = reader.ReadUInt64(),
        Writes = reader.ReadUInt64(),
        BytesRead = reader.ReadUInt64(),
        BytesWritten = reader.ReadUInt64(),
        Doorbells = reader.ReadUInt64(),
        TimedCommands = reader.ReadUInt64(),
        TimedNs = reader.ReadUInt64(),
    };

    public static IoTotals operator +(IoTotals left, IoTotals right) => new()
    {
        Commands = left.Commands + right.Commands,
        Errors = left.Errors + right.Errors,
        MediaErrors = left.MediaErrors + right.MediaErrors,
        Reads = left.Reads + right.Reads,
        Writes = left.Writes + right.Writes,
        BytesRead = left.BytesRead + right.BytesRead,
        BytesWritten = left.BytesWritten + right.BytesWritten,
        Doorbells = left.Doorbells + right.Doorbells,
        TimedCommands = left.TimedCommands + right.TimedCommands,
        TimedNs = left.TimedNs + right.TimedNs,
    };
}
