using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_namespace_config</c>.</summary>
// SAFETY: a layout only; who reads the pointers says why it may.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NamespaceConfig
{
    public uint Size;
    public uint Nsid;
    public uint BlockBytes;
    public uint ReadOnly;
    public ulong LengthBytes;
    public uint FileIo;
    public uint FileDirect;
    public DiskFaults* Faults;
    public uint FileShared;
    public uint Reserved;
}
