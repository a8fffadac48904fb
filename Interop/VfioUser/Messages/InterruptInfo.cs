using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DEVICE_GET_IRQ_INFO</c> and of its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptInfo
{
    public const uint HasEvent = 1 << 0;
    public const uint IsMaskable = 1 << 1;
    public const uint MasksItself = 1 << 2;
    public const int SizeBytes = 16;

    public uint ArgumentBytes;
    public uint Flags;
    public uint Index;
    public uint Count;
}
