using NvmeDoorbell.Memory;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Dma;

/// <summary>A stretch of guest memory that the client has announced.</summary>
/// <param name="Start">Its first guest address.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Mapping">Where it lies here; null: the client sent no descriptor.</param>
/// <param name="IsUsed">It is in the device's memory map, mapped or reached by messages.</param>
/// <param name="Access">What the device may do with it.</param>
internal sealed record DmaRegion(
    ulong Start, ulong LengthBytes, Mapping? Mapping, bool IsUsed, GuestAccess Access)
{
    /// <summary>The last address, not the one after it: that may not fit 64 bits.</summary>
    public ulong Last => Start + (LengthBytes - 1);
}
