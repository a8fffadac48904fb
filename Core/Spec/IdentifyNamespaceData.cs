using System.Buffers.Binary;

namespace NvmeDoorbell.Spec;

/// <summary>
/// Identify Namespace data structure (CNS 00h), a view over its 4096 bytes. NVM Command Set Specification 1.0,
/// "Identify Namespace Data Structure, NVM Command Set". Each property says its offset. What is not set is 0.
/// </summary>
public readonly ref struct IdentifyNamespaceData
{
    /// <summary>Length of the structure in bytes.</summary>
    public const int SizeBytes = 4096;

    private readonly Span<byte> _bytes;

    /// <summary>A view over <paramref name="bytes"/>, which are read and written in place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than <see cref="SizeBytes"/> bytes.</exception>
    public IdentifyNamespaceData(Span<byte> bytes) => _bytes = bytes[..SizeBytes];

    /// <summary>NSZE, 0: Namespace Size, logical blocks.</summary>
    public ulong SizeBlocks { get => U64(0); set => U64(0, value); }

    /// <summary>NCAP, 8: Namespace Capacity, logical blocks.</summary>
    public ulong CapacityBlocks { get => U64(8); set => U64(8, value); }

    /// <summary>NUSE, 16: Namespace Utilization, logical blocks.</summary>
    public ulong UtilizationBlocks { get => U64(16); set => U64(16, value); }

    /// <summary>NSFEAT, 24: Namespace Features.</summary>
    public byte Features { get => _bytes[24]; set => _bytes[24] = value; }

    /// <summary>NLBAF, 25: Number of LBA Formats, 0's based.</summary>
    public byte NumberOfLbaFormats { get => _bytes[25]; set => _bytes[25] = value; }

    /// <summary>
    /// FLBAS, 26: Formatted LBA Size; bits 3:0 the format's index, bit 4 metadata at the end of the data.
    /// </summary>
    public byte FormattedLbaSize { get => _bytes[26]; set => _bytes[26] = value; }

    /// <summary>MC, 27: Metadata Capabilities.</summary>
    public byte MetadataCapabilities { get => _bytes[27]; set => _bytes[27] = value; }

    /// <summary>DPC, 28: End-to-end Data Protection Capabilities.</summary>
    public byte ProtectionCapabilities { get => _bytes[28]; set => _bytes[28] = value; }

    /// <summary>DPS, 29: End-to-end Data Protection Type Settings.</summary>
    public byte ProtectionSettings { get => _bytes[29]; set => _bytes[29] = value; }

    /// <summary>NMIC, 30: Namespace Multi-path I/O and Sharing Capabilities; bit 0 may be shared.</summary>
    public byte SharingCapabilities { get => _bytes[30]; set => _bytes[30] = value; }

    /// <summary>RESCAP, 31: Reservation Capabilities.</summary>
    public byte ReservationCapabilities { get => _bytes[31]; set => _bytes[31] = value; }

    /// <summary>FPI, 32: Format Progress Indicator.</summary>
    public byte FormatProgress { get => _bytes[32]; set => _bytes[32] = value; }

    /// <summary>
    /// DLFEAT, 33: Deallocate Logical Block Features; bits 2:0: 001b reads zeroes; bit 3 in Write Zeroes.
    /// </summary>
    public byte DeallocateFeatures { get => _bytes[33]; set => _bytes[33] = value; }

    /// <summary>NAWUN, 34: Namespace Atomic Write Unit Normal, logical blocks, 0's based.</summary>
    public ushort AtomicWriteUnitNormal { get => U16(34); set => U16(34, value); }

    /// <summary>NAWUPF, 36: Namespace Atomic Write Unit Power Fail, logical blocks, 0's based.</summary>
    public ushort AtomicWriteUnitPowerFail { get => U16(36); set => U16(36, value); }

    /// <summary>NACWU, 38: Namespace Atomic Compare and Write Unit, logical blocks, 0's based.</summary>
    public ushort AtomicCompareAndWriteUnit { get => U16(38); set => U16(38, value); }

    /// <summary>NOIOB, 46: Namespace Optimal I/O Boundary, logical blocks; 0: none.</summary>
    public ushort OptimalIoBoundary { get => U16(46); set => U16(46, value); }

    /// <summary>NVMCAP, 48: NVM Capacity, bytes; the low 64 of its 128 bits.</summary>
    public ulong NvmCapacityBytes { get => U64(48); set => U64(48, value); }

    /// <summary>NPWG, 64: Namespace Preferred Write Granularity, logical blocks, 0's based.</summary>
    public ushort PreferredWriteGranularity { get => U16(64); set => U16(64, value); }

    /// <summary>NPWA, 66: Namespace Preferred Write Alignment, logical blocks, 0's based.</summary>
    public ushort PreferredWriteAlignment { get => U16(66); set => U16(66, value); }

    /// <summary>NPDG, 68: Namespace Preferred Deallocate Granularity, logical blocks, 0's based.</summary>
    public ushort PreferredDeallocateGranularity { get => U16(68); set => U16(68, value); }

    /// <summary>NPDA, 70: Namespace Preferred Deallocate Alignment, logical blocks, 0's based.</summary>
    public ushort PreferredDeallocateAlignment { get => U16(70); set => U16(70, value); }

    /// <summary>NOWS, 72: Namespace Optimal Write Size, logical blocks, 0's based.</summary>
    public ushort OptimalWriteSize { get => U16(72); set => U16(72, value); }

    /// <summary>MSSRL, 74: Maximum Single Source Range Length of Copy, logical blocks.</summary>
    public ushort MaximumSingleSourceRange { get => U16(74); set => U16(74, value); }

    /// <summary>MCL, 76: Maximum Copy Length, logical blocks.</summary>
    public uint MaximumCopyLength { get => U32(76); set => U32(76, value); }

    /// <summary>MSRC, 80: Maximum Source Range Count of Copy, 0's based.</summary>
    public byte MaximumSourceRangeCount { get => _bytes[80]; set => _bytes[80] = value; }

    /// <summary>NSATTR, 99: Namespace Attributes; bit 0 write protected.</summary>
    public byte Attributes { get => _bytes[99]; set => _bytes[99] = value; }

    /// <summary>NGUID, 104: Namespace Globally Unique Identifier, 16 bytes, big-endian.</summary>
    public Span<byte> Nguid => _bytes.Slice(104, 16);

    /// <summary>EUI64, 120: IEEE Extended Unique Identifier, 8 bytes, big-endian.</summary>
    public Span<byte> Eui64 => _bytes.Slice(120, 8);

    /// <summary>LBAF0, 128, and those after it, 4 bytes each, 64 at most.</summary>
    public LbaFormat GetLbaFormat(int index) => new(U32(LbaFormatOffset(index)));

    /// <summary>Sets LBA format <paramref name="index"/>. See <see cref="GetLbaFormat"/>.</summary>
    public void SetLbaFormat(int index, LbaFormat format) => U32(LbaFormatOffset(index), format.Value);

    private static int LbaFormatOffset(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, 63);
        return 128 + (4 * index);
    }

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[offset..]);

    private void U16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes[offset..], value);

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private void U32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes[offset..], value);

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);

    private void U64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes[offset..], value);
}
