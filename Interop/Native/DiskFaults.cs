using System.Runtime.InteropServices;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_disk_faults</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DiskFaults
{
    public uint Size;
    public uint Seed;
    public uint Fail;
    public uint Stall;
    public uint Reorder;
    public uint Twice;
    public uint Never;
    public uint Reserved;

    public readonly DiskFaultPlan ToPlan() => new()
    {
        Fail = Fail,
        Stall = Stall,
        Reorder = Reorder,
        Twice = Twice,
        Never = Never,
        Seed = (int)Seed,
    };
}
