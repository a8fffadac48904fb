using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Interop.Native;

/// <summary><c>nvmedb_disk_request</c>.</summary>
// SAFETY: a layout only.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeDiskRequest
{
    public ulong Token;
    public uint Operation;
    public uint ForceUnitAccess;
    public ulong OffsetBytes;
    public ulong LengthBytes;
    public GuestSegment* Segments;
    public uint SegmentCount;
    public uint MayDeallocate;
}
