using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DEVICE_GET_REGION_INFO</c> and the fixed part of its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionInfo
{
    public const uint Read = 1 << 0;
    public const uint Write = 1 << 1;
    public const uint CanMap = 1 << 2;
    public const uint HasCapabilities = 1 << 3;
    public const int SizeBytes = 32;

    public uint ArgumentBytes;
    public uint Flags;
    public uint Index;
    public uint CapabilityOffset;
    public ulong LengthBytes;
    public ulong Offset;
}
