using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>Payload of <c>VFIO_USER_DMA_UNMAP</c> and of its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaUnmapRequest
{
    /// <summary>Asks for a bitmap of written pages; not offered.</summary>
    public const uint GetDirtyBitmap = 1 << 0;

    /// <summary>Every region; address and size are 0.</summary>
    public const uint All = 1 << 1;

    public const int SizeBytes = 24;

    public uint ArgumentBytes;
    public uint Flags;
    public ulong Address;
    public ulong LengthBytes;
}
