using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DEVICE_GET_INFO</c> and of its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceInfo
{
    public const uint CanReset = 1 << 0;
    public const uint IsPci = 1 << 1;
    public const int SizeBytes = 16;

    public uint ArgumentBytes;
    public uint Flags;
    public uint Regions;
    public uint InterruptTypes;
}
