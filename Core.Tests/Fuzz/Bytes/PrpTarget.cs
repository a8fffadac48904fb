using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// PRP walks against <see cref="ReferencePrp"/>. An input: a byte for page size and direction, three for the length, PRP1,
/// PRP2, then the entries of the guest's first pages. An entry is three bytes: which page, and the offset in it.
/// </summary>
internal sealed class PrpTarget : ByteTarget
{
    private const uint MaxTransferBytes = 1 << 20;

    private readonly ByteRam _ram = new();
    private readonly GuestSegment[] _segments = new GuestSegment[PrpWalker.MaxSegments(MaxTransferBytes)];

    public override int MaxBytes => 4096;

    public override int Run(ReadOnlySpan<byte> input)
    {
        var reader = new ByteReader(input);
        byte head = reader.Byte();
        int pageBytes = PrpWalker.MinPageBytes << (head & 7) % 5;
        GuestAccess access = (head & 0x80) != 0 ? GuestAccess.ReadWrite : GuestAccess.ReadOnly;
        uint lengthBytes = 1 + (reader.UInt16() | (uint)reader.Byte() << 16) % MaxTransferBytes;
        ulong prp1 = Entry(ref reader);
        ulong prp2 = Entry(ref reader);
        _ram.ClearLists();
        for (ulong at = 0; !reader.IsAtEnd; at += 8)
            _ram.Store(at, BitConverter.GetBytes(Entry(ref reader)));

        var walker = new PrpWalker(_ram.Memory, pageBytes);
        StatusCode status = walker.Walk(prp1, prp2, lengthBytes, access, _segments, out int count);
        List<GuestSegment>? expected = new ReferencePrp(_ram, (uint)pageBytes, access).Walk(prp1, prp2, lengthBytes);
        if (expected is null)
        {
            if (status is not (StatusCode.PrpOffsetInvalid or StatusCode.DataTransferError))
                throw new OracleException($"a walk that must fail has answered {status}");
        }
        else if (status != StatusCode.Success || !_segments.AsSpan(0, count).SequenceEqual(expected.ToArray()))
        {
            throw new OracleException($"{status}, {count} segments where {expected.Count} others are right");
        }
        return 1;
    }

    public override void Dispose() => _ram.Dispose();

    private static ulong Entry(ref ByteReader reader)
    {
        byte page = reader.Byte();
        ushort offset = reader.UInt16();
        return ByteRam.Page(page) + offset;
    }
}
