using System.Runtime.InteropServices;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_disk_fault_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DiskFaultStats
{
    public uint Size;
    public uint Held;
    public ulong Failed;
    public ulong Stalled;
    public ulong Reordered;
    public ulong Kept;
    public ulong CaughtTwice;
    public ulong MissedTwice;

    public static DiskFaultStats From(DiskFaultStatistics statistics) => new()
    {
        Held = (uint)statistics.Held,
        Failed = (ulong)statistics.Failed,
        Stalled = (ulong)statistics.Stalled,
        Reordered = (ulong)statistics.Reordered,
        Kept = (ulong)statistics.Kept,
        CaughtTwice = (ulong)statistics.CaughtTwice,
        MissedTwice = (ulong)statistics.MissedTwice,
    };
}
