using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Storage;

/// <summary>Where a <see cref="DiskRequest"/> keeps its segments.</summary>
/// <param name="Block">Memory that others may have parts of too.</param>
/// <param name="OffsetBytes">Where in it.</param>
/// <param name="Capacity">For how many.</param>
internal readonly record struct SegmentMemory(NativeBlock Block, int OffsetBytes, int Capacity);
