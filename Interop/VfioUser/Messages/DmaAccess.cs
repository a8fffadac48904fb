using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The fixed part of <c>VFIO_USER_DMA_READ</c>, <c>VFIO_USER_DMA_WRITE</c> and their replies; data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaAccess
{
    public const int SizeBytes = 16;

    public ulong Address;
    public ulong LengthBytes;
}
