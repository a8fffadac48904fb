namespace NvmeDoorbell.Spec;

/// <summary>LBA Format, 4 bytes. NVM Command Set Specification 1.0, "LBA Format Data Structure".</summary>
/// <param name="Value">The structure as a little-endian number.</param>
public readonly record struct LbaFormat(uint Value)
{
    /// <summary>MS, bits 15:0: metadata bytes of a logical block.</summary>
    public ushort MetadataSizeBytes { get => (ushort)Value; init => Value = (Value & 0xFFFF_0000) | value; }

    /// <summary>
    /// LBADS, bits 23:16: a logical block is 2 ^ LBADS bytes, 9 at least; 0: the format is not available.
    /// </summary>
    public byte DataSize { get => (byte)(Value >> 16); init => Value = (Value & 0xFF00_FFFF) | ((uint)value << 16); }

    /// <summary>RP, bits 25:24: relative performance, 0 is best.</summary>
    public byte RelativePerformance
    {
        get => (byte)((Value >> 24) & 3);
        init => Value = (Value & 0xFCFF_FFFF) | ((value & 3u) << 24);
    }
}
