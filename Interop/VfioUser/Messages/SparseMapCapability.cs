using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The region capability that names the one part of a region that a client may map.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SparseMapCapability
{
    public const int SizeBytes = 32;

    private const ushort SparseMap = 1; // VFIO_REGION_INFO_CAP_SPARSE_MMAP

    public ushort Id;
    public ushort Version;
    public uint Next;
    public uint Areas;
    public uint Reserved;
    public ulong Offset;
    public ulong LengthBytes;

    /// <summary>One area, and no further capability.</summary>
    public static SparseMapCapability Of(ulong offset, ulong lengthBytes) =>
        new() { Id = SparseMap, Version = 1, Areas = 1, Offset = offset, LengthBytes = lengthBytes };
}
