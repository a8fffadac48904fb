using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Saved state as bytes: a header, then sections, each with its number and length, in any order and each once.
/// <code>
///  0   8  "NVMEDBST"
///  8   4  version; what follows is only for who knows it
/// 12   4  CRC32C of everything from byte 16 on
/// 16   8  length of the sections in bytes
/// 24      sections: number (4), length (4), content
/// </code>
/// All numbers are little-endian.
/// </summary>
internal readonly ref struct StateFile
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const uint Version = 1;

    private const int HeaderBytes = 24;
    private const int ChecksummedFrom = 16;
    private const int SectionHeaderBytes = 8;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Dictionary<StateSection, Range> _sections = [];

    /// <summary>Checks the bytes as a whole and finds the sections.</summary>
    /// <exception cref="InvalidDataException">They are not what <see cref="Write"/> has written.</exception>
    public StateFile(ReadOnlySpan<byte> bytes)
    {
        Require(bytes.Length >= HeaderBytes && bytes.StartsWith(Magic), "The bytes are no state of a controller.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        Require(version == Version, $"The state has version {version}; this library knows version {Version}.");
        ulong lengthBytes = BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksummedFrom..]);
        Require(
            lengthBytes == (ulong)(bytes.Length - HeaderBytes),
            $"The state says that it has {lengthBytes} bytes of sections; there are {bytes.Length - HeaderBytes}.");
        Require(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) == Checksum(bytes[ChecksummedFrom..]),
            "The checksum of the state is wrong.");
        _bytes = bytes;
        for (int offset = HeaderBytes; offset < bytes.Length;)
        {
            Require(bytes.Length - offset >= SectionHeaderBytes, "A section of the state has no header.");
            var section = (StateSection)BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(offset + 4)..]);
            offset += SectionHeaderBytes;
            Require(length <= (uint)(bytes.Length - offset), $"Section {section} of the state ends too early.");
            Require(Enum.IsDefined(section), $"Section {section} of the state is not known.");
            Require(
                _sections.TryAdd(section, new Range(offset, offset + (int)length)),
                $"Section {section} of the state is there twice.");
            offset += (int)length;
        }
    }

    private static ReadOnlySpan<byte> Magic => "NVMEDBST"u8;

    /// <summary>Whether there is such a section.</summary>
    public bool Has(StateSection section) => _sections.ContainsKey(section);

    /// <summary>A reader of a section.</summary>
    /// <exception cref="InvalidDataException">There is none of that number.</exception>
    public StateReader Read(StateSection section)
    {
        Require(_sections.TryGetValue(section, out Range range), $"Section {section} of the state is missing.");
        return new StateReader(section, _bytes[range]);
    }

    /// <summary>Writes header and sections.</summary>
    public static void Write(StateWriter sections, IBufferWriter<byte> target)
    {
        int lengthBytes = HeaderBytes + sections.Written.Length;
        Span<byte> bytes = target.GetSpan(lengthBytes)[..lengthBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[ChecksummedFrom..], (ulong)sections.Written.Length);
        sections.Written.CopyTo(bytes[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Checksum(bytes[ChecksummedFrom..]));
        target.Advance(lengthBytes);
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte each in bytes)
            crc = BitOperations.Crc32C(crc, each);
        return ~crc;
    }

    private static void Require(bool isSo, string otherwise)
    {
        if (!isSo)
            throw new InvalidDataException(otherwise);
    }
}
