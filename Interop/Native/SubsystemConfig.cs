using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_subsystem_config</c>.</summary>
// SAFETY: a layout only; who reads the pointers says why it may.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SubsystemConfig
{
    public uint Size;
    public uint AbiVersion;
    public byte* Serial;
    public byte* Model;
    public byte* Nqn;
    public ulong PoolBytes;
    public byte* PoolPath;
}
