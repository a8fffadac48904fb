using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DEVICE_GET_REGION_IO_FDS</c> and the fixed part of its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionIoDescriptors
{
    public const int SizeBytes = 16;

    public uint ArgumentBytes;
    public uint Flags;
    public uint Index;
    public uint Count;
}
