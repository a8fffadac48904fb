using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_runtime_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RuntimeStats
{
    public uint Size;
    public uint Reserved;
    public ulong AllocatedBytes;
    public ulong Collections;
}
