using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// One doorbell in native memory: <c>nvmedb_slot</c> of the C header.
/// </summary>
/// <remarks>
/// The first 64 bytes are read by every ring and written rarely, the second are written by every ring: a ring in
/// private memory takes exclusive hold of one cache line, the one that carries the value to the reader. 128 bytes
/// because adjacent lines are fetched in pairs on current x86-64 and are 128 bytes on some Arm cores.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct DoorbellSlot
{
    public const int SizeBytes = 128;

    /// <summary>Private cells of a slot; openings take them in turn.</summary>
    public const int CellCount = 16;

    /// <summary>Where the value lives now: a <see cref="Doorbells.Home"/> word.</summary>
    [FieldOffset(0)] public ulong Home;

    /// <summary>
    /// Address of the <see cref="WakerCell"/> to wake, that of <see cref="DoorbellHeader.Nobody"/> where nobody follows the
    /// open doorbell; 0 before its first opening and once the memory has been let go.
    /// </summary>
    [FieldOffset(8)] public nint Waker;

    /// <summary>Address of the EventIdx cell in guest RAM while the home is a shadow page, else 0.</summary>
    [FieldOffset(16)] public nint EventIdx;

    /// <summary>Values at or above it are refused by a ring; 0 while closed.</summary>
    [FieldOffset(24)] public uint Limit;

    /// <summary>The value the sleeper knows: a ring of the same value is no news to it.</summary>
    [FieldOffset(28)] public uint Seen;

    /// <summary>Rings that are inside a shadow home now. A switch away waits until it is 0.</summary>
    [FieldOffset(32)] public uint Visitors;

    /// <summary>1 while the follower reads a shadow home or writes its EventIdx. A switch away waits until it is 0.</summary>
    [FieldOffset(36)] public uint Looking;

    /// <summary>1 while a switch of homes has not yet looked at the old home again.</summary>
    [FieldOffset(40)] public uint Carrying;

    /// <summary>What a posted write has brought last, or that the guest keeps the entry of its page itself.</summary>
    [FieldOffset(44)] public uint Posted;

    /// <summary>The first of <see cref="CellCount"/> private cells.</summary>
    [FieldOffset(64)] public uint FirstCell;
}
