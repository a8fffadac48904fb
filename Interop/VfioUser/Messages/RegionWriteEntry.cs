using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>One of the writes of <c>VFIO_USER_REGION_WRITE_MULTI</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionWriteEntry
{
    public const int SizeBytes = 24;

    public ulong Offset;
    public uint Region;
    public uint LengthBytes;
    public ulong Data;
}
