using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// Walks of scatter gather lists against <see cref="ReferenceSgl"/>. An input: a byte for the direction, three for the
/// length, the command's descriptor, then the descriptors in the guest's first pages. A descriptor is six bytes: which page,
/// the offset in it, the length, and type and sub type.
/// </summary>
internal sealed class SglTarget : ByteTarget
{
    private const uint MaxTransferBytes = 128 << 10;

    private readonly ByteRam _ram = new();
    private readonly GuestSegment[] _segments = new GuestSegment[1024];

    public override int MaxBytes => 4096;

    public override int Run(ReadOnlySpan<byte> input)
    {
        var reader = new ByteReader(input);
        GuestAccess access = (reader.Byte() & 1) != 0 ? GuestAccess.ReadWrite : GuestAccess.ReadOnly;
        uint lengthBytes = 1 + (reader.UInt16() | (uint)reader.Byte() << 16) % MaxTransferBytes;
        SglDescriptor first = Descriptor(ref reader);
        _ram.ClearLists();
        for (ulong at = 0; !reader.IsAtEnd; at += SglDescriptor.SizeBytes)
        {
            SglDescriptor descriptor = Descriptor(ref reader);
            _ram.Store(at, MemoryMarshal.AsBytes(new ReadOnlySpan<SglDescriptor>(in descriptor)));
        }

        StatusCode status = new SglWalker(_ram.Memory).Walk(first, lengthBytes, access, _segments, out int count);
        List<GuestSegment>? expected = new ReferenceSgl(_ram, access).Walk(first, lengthBytes);
        if (expected is null || expected.Count > _segments.Length)
        {
            if (status is not (StatusCode.SglDescriptorTypeInvalid or StatusCode.InvalidSglSegmentDescriptor
                or StatusCode.InvalidSglDescriptorCount or StatusCode.DataSglLengthInvalid or StatusCode.DataTransferError))
            {
                throw new OracleException($"a walk that must fail has answered {status}");
            }
        }
        else if (status != StatusCode.Success || !_segments.AsSpan(0, count).SequenceEqual(expected.ToArray()))
        {
            throw new OracleException($"{status}, {count} segments where {expected.Count} others are right");
        }
        return 1;
    }

    public override void Dispose() => _ram.Dispose();

    private static SglDescriptor Descriptor(ref ByteReader reader)
    {
        ulong address = ByteRam.Page(reader.Byte()) + reader.UInt16();
        uint lengthBytes = reader.UInt16();
        return new SglDescriptor(address, lengthBytes | (ulong)reader.Byte() << 56);
    }
}
