using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// What precedes the slots in native memory: <c>nvmedb_doorbells</c> of the C header. 256 bytes, then the slots.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct DoorbellHeader
{
    public const int SizeBytes = 256;

    /// <summary>Version of the native layouts; <c>NVMEDB_ABI_VERSION</c>.</summary>
    public const uint CurrentAbiVersion = 2;

    /// <summary>Bit of <see cref="Flags"/>: a ring runs the StoreLoad fence itself.</summary>
    public const uint Symmetric = 1;

    /// <summary>Number of slots; 0 once the memory has been let go, so that a late ring finds no doorbell.</summary>
    [FieldOffset(0)] public uint Count;

    [FieldOffset(4)] public uint Flags;

    [FieldOffset(8)] public uint AbiVersion;

    /// <summary>Distance of two doorbell registers in BAR0: 4 &lt;&lt; CAP.DSTRD.</summary>
    [FieldOffset(12)] public uint StrideBytes;

    /// <summary>As <see cref="Count"/> where rings run no fence, else 0: one comparison tells a ring both.</summary>
    [FieldOffset(16)] public uint UnfencedCount;

    /// <summary>Never sleeps: what a ring finds where nobody follows the doorbell, so that it need not ask.</summary>
    [FieldOffset(128)] public WakerCell Nobody;
}
