using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_disk_callbacks</c>.</summary>
// SAFETY: a layout only.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeDiskCallbacks
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged<void*, NativeDiskRequest*, uint> Submit;
    public delegate* unmanaged<void*, void> Closed;
    public ulong Operations;
    public delegate* unmanaged<void*, ulong, uint> Cancel;
}
