using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_reactor_config</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReactorConfig
{
    public uint Size;
    public uint Poll;
    public uint PollMaxUs;
    public uint Lent;
    public int CpuPlusOne;
    public uint Reserved;
}
