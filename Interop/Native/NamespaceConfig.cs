using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_namespace_config</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NamespaceConfig
{
    public uint Size;
    public uint Nsid;
    public uint BlockBytes;
    public uint ReadOnly;
    public ulong LengthBytes;
    public uint FileIo;
    public uint FileDirect;
}
