using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_controller_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControllerStats
{
    public uint Size;
    public uint Enabled;
    public ulong Commands;
    public ulong AdminCommands;
    public ulong Errors;
    public ulong InvalidRings;
    public ulong Interrupts;
    public ulong BytesRead;
    public ulong BytesWritten;
    public ulong Doorbells;
    public ulong TimedCommands;
    public ulong TimedNs;
}
