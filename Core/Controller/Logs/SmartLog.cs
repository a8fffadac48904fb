using System.Buffers.Binary;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The SMART / Health Information log page (NVMe Base 2.0, figure of that name), from the counters there are.
/// </summary>
internal sealed class SmartLog(ControllerContext context, QueueCommands queues)
{
    /// <summary>Size in bytes.</summary>
    public const int LengthBytes = 512;

    private const byte FullSparePercent = 100;
    private const byte SpareThresholdPercent = 10;

    // Data units are thousands of 512 bytes, rounded up.
    private const ulong DataUnitBytes = 512_000;

    /// <summary>Writes the page into zeroed memory.</summary>
    public void Write(Span<byte> page)
    {
        IoTotals totals = queues.GetTotals();
        page[0] = (byte)context.Health.Warnings;
        BinaryPrimitives.WriteUInt16LittleEndian(page[1..], context.Health.Kelvin);
        page[3] = FullSparePercent;
        page[4] = SpareThresholdPercent;
        WriteCounter(page[32..], ToUnits(totals.BytesRead));
        WriteCounter(page[48..], ToUnits(totals.BytesWritten));
        WriteCounter(page[64..], totals.Reads);
        WriteCounter(page[80..], totals.Writes);
        WriteCounter(page[96..], (ulong)queues.Io.Busy.Total.TotalMinutes);
        WriteCounter(page[112..], 1); // power cycles: the one that we live in
        WriteCounter(page[128..], (ulong)context.Counters.Age.TotalHours);
        WriteCounter(page[160..], totals.MediaErrors);
        WriteCounter(page[176..], context.ErrorLog.Count);
    }

    private static ulong ToUnits(ulong bytes) => bytes / DataUnitBytes + (bytes % DataUnitBytes != 0 ? 1ul : 0);

    private static void WriteCounter(Span<byte> field, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(field, value);
}
