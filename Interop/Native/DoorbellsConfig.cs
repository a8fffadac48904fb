using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_doorbells_config</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DoorbellsConfig
{
    public uint Size;
    public uint Count;
    public uint Barrier;
    public uint Stride;
}
