using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>
/// The fixed part of <c>VFIO_USER_MIG_DATA_READ</c>, of its reply, and of <c>VFIO_USER_MIG_DATA_WRITE</c>; data follows.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MigrationData
{
    public const int SizeBytes = 8;

    public uint ArgumentBytes;
    public uint DataBytes;
}
