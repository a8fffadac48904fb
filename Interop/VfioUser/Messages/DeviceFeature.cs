using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The fixed part of <c>VFIO_USER_DEVICE_FEATURE</c> and of its reply; data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceFeature
{
    public const uint IndexBits = 0xFFFF;
    public const uint Get = 1 << 16;
    public const uint Set = 1 << 17;
    public const uint Probe = 1 << 18;
    public const int SizeBytes = 8;

    public uint ArgumentBytes;
    public uint Flags;
}
