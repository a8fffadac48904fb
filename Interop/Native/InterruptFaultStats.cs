using System.Runtime.InteropServices;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_interrupt_fault_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptFaultStats
{
    public uint Size;
    public uint Pending;
    public ulong Refused;
    public ulong Lost;

    public static InterruptFaultStats From(InterruptFaultStatistics statistics) => new()
    {
        Pending = (uint)statistics.Pending,
        Refused = (ulong)statistics.Refused,
        Lost = (ulong)statistics.Lost,
    };
}
