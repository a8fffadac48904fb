using System.Runtime.InteropServices;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_interrupt_faults</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptFaults
{
    public uint Size;
    public uint Seed;
    public uint Refuse;
    public uint Lose;

    public readonly InterruptFaultPlan ToPlan() => new() { Refuse = Refuse, Lose = Lose, Seed = (int)Seed };
}
