using System.Buffers.Binary;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>What Identify tells of a namespace.</summary>
internal static class NamespaceIdentity
{
    private const byte UuidLength = 16;
    private const byte ReadsZeroesAfterDeallocate = 0x01;
    private const byte WriteZeroesDeallocates = 0x08;
    private const byte WriteProtected = 0x01;
    private const byte Ready = 0x01;
    private const byte Shared = 0x01;
    private const byte FormatProgressSupported = 0x80;
    private const byte ThinProvisioning = 0x01;

    // RESCAP: every type, IEKEY as of revision 1.3; no persistence through power loss.
    private const byte AllReservations = 0xFE;

    // FNV-1a of 128 bits.
    private static readonly UInt128 HashBasis = new(0x6C62272E07BB0142, 0x62B821756295C58D);
    private static readonly UInt128 HashPrime = new(0x0000000001000000, 0x000000000000013B);

    /// <summary>Writes the Identify Namespace structure (NVM Command Set 1.0) into a zeroed page.</summary>
    public static void Write(Namespace source, Span<byte> page)
    {
        ulong? used = GetUsedBlocks(source);
        var data = new IdentifyNamespaceData(page)
        {
            SizeBlocks = source.BlockCount,
            CapacityBlocks = source.BlockCount,
            UtilizationBlocks = used ?? source.BlockCount,
            Features = used is null ? (byte)0 : ThinProvisioning,
            FormattedLbaSize = (byte)LbaFormats.GetIndex(source.BlockShift),
            FormatProgress = GetFormatProgress(source.Allocated),
            NvmCapacityBytes = source.Allocated.LengthBytes,
            SharingCapabilities = source.Allocated.IsShared ? Shared : (byte)0,
            ReservationCapabilities = AllReservations,
            DeallocateFeatures = ReadsZeroesAfterDeallocate | WriteZeroesDeallocates,
            MaximumSingleSourceRange = (ushort)CopyCommand.MaxBlocks(source.BlockShift),
            MaximumCopyLength = CopyCommand.MaxBlocks(source.BlockShift),
            MaximumSourceRangeCount = CopyCommand.MaxRanges - 1,
            Attributes = source.IsReadOnly ? WriteProtected : (byte)0,
        };
        LbaFormats.Write(source.Disk, data);
    }

    /// <summary>Writes what all namespaces have in common (NSID FFFFFFFFh) into a zeroed page.</summary>
    public static void WriteCommon(Span<byte> page)
    {
        var data = new IdentifyNamespaceData(page) { DeallocateFeatures = ReadsZeroesAfterDeallocate };
        LbaFormats.Write(null, data);
    }

    /// <summary>NUSE of a disk that knows it; null: of one that does not.</summary>
    private static ulong? GetUsedBlocks(Namespace source)
    {
        if ((source.Disk as IThinDisk)?.AllocatedBytes is not { } bytes)
            return null;
        ulong blocks = (bytes >> source.BlockShift) + (bytes % (1ul << source.BlockShift) == 0 ? 0ul : 1ul);
        return Math.Min(blocks, source.BlockCount);
    }

    private static byte GetFormatProgress(AllocatedNamespace source) =>
        (byte)(FormatProgressSupported | (source.Erasure is { } erasure ? (int)(100 - erasure.Progress * 100) : 0));

    /// <summary>Writes the I/O Command Set Independent Identify Namespace structure into a zeroed page.</summary>
    public static void WriteIndependent(Namespace source, Span<byte> page)
    {
        page[1] = source.Allocated.IsShared ? Shared : (byte)0; // NMIC
        page[2] = AllReservations;
        page[8] = source.IsReadOnly ? WriteProtected : (byte)0; // NSATTR
        page[14] = Ready; // NSTAT
    }

    /// <summary>Writes the identification descriptors into a zeroed page: a UUID and the command set.</summary>
    public static void WriteDescriptors(string serial, uint nsid, Span<byte> page)
    {
        page[0] = (byte)NamespaceIdentifierType.Uuid;
        page[1] = UuidLength;
        WriteUuid(serial, nsid, page.Slice(4, UuidLength));
        Span<byte> next = page[(4 + UuidLength)..];
        next[0] = (byte)NamespaceIdentifierType.CommandSet;
        next[1] = 1; // the NVM Command Set is 0
    }

    /// <summary>
    /// The same for the same serial number and identifier, in every process: a UUID of version 8 (RFC 9562).
    /// </summary>
    private static void WriteUuid(string serial, uint nsid, Span<byte> uuid)
    {
        UInt128 hash = HashBasis;
        foreach (char character in serial)
            hash = (hash ^ character) * HashPrime;
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (byte)(nsid >> shift)) * HashPrime;
        BinaryPrimitives.WriteUInt128BigEndian(uuid, hash);
        uuid[6] = (byte)(uuid[6] & 0x0F | 0x80);
        uuid[8] = (byte)(uuid[8] & 0x3F | 0x80);
    }
}
