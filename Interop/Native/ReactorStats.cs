using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_reactor_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReactorStats
{
    public uint Size;
    public uint Reserved;
    public ulong Turns;
    public ulong Wakes;
    public ulong SpuriousWakes;
    public ulong Sleeps;
    public ulong Parks;
}
