using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The fixed part of <c>VFIO_USER_DEVICE_SET_IRQS</c>; booleans may follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptSet
{
    public const uint DataNone = 1 << 0;
    public const uint DataBool = 1 << 1;
    public const uint DataEvent = 1 << 2;
    public const uint Mask = 1 << 3;
    public const uint Unmask = 1 << 4;
    public const uint Trigger = 1 << 5;
    public const uint DataBits = DataNone | DataBool | DataEvent;
    public const uint ActionBits = Mask | Unmask | Trigger;
    public const int SizeBytes = 20;

    public uint ArgumentBytes;
    public uint Flags;
    public uint Index;
    public uint Start;
    public uint Count;
}
