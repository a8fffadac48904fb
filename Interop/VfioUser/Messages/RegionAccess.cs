using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The fixed part of <c>VFIO_USER_REGION_READ</c>, <c>VFIO_USER_REGION_WRITE</c> and their replies; data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionAccess
{
    public const int SizeBytes = 16;

    public ulong Offset;
    public uint Region;
    public uint LengthBytes;
}
