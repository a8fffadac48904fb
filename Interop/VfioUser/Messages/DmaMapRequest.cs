using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DMA_MAP</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaMapRequest
{
    public const uint Readable = 1 << 0;
    public const uint Writeable = 1 << 1;
    public const int SizeBytes = 32;

    public uint ArgumentBytes;
    public uint Flags;
    public ulong Offset;
    public ulong Address;
    public ulong LengthBytes;
}
