using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_controller_config</c>.</summary>
// SAFETY: a layout only; who reads the pointers says why it may.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ControllerConfig
{
    public uint Size;
    public uint AbiVersion;
    public ulong Memory;
    public ulong* Reactors;
    public uint ReactorCount;
    public uint MaxQueuePairs;
    public uint MaxQueueEntries;
    public uint Vectors;
    public uint Stride;
    public uint Barrier;
    public uint Flags;
    public uint MaxTransferBytes;
    public ushort PciVendorId;
    public ushort PciDeviceId;
    public ushort PciSubsystemVendorId;
    public ushort PciSubsystemId;
    public byte* Serial;
    public byte* Model;
    public delegate* unmanaged<void*, uint, void> Interrupt;
    public delegate* unmanaged<void*, uint, void> InterruptLine;
    public void* InterruptContext;
    public InterruptFaults* InterruptFaults;
    public ulong Subsystem;
}
