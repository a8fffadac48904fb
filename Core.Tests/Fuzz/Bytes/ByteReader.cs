using System.Buffers.Binary;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Reads an input from front to back; behind its end there are zeroes.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => (byte)Number(1);

    public ushort UInt16() => (ushort)Number(2);

    public uint UInt32() => (uint)Number(4);

    public ulong UInt64() => Number(8);

    public ReadOnlySpan<byte> Take(int lengthBytes)
    {
        lengthBytes = Math.Min(lengthBytes, _rest.Length);
        ReadOnlySpan<byte> taken = _rest[..lengthBytes];
        _rest = _rest[lengthBytes..];
        return taken;
    }

    /// <summary>A struct as it lies in memory.</summary>
    public void Fill(scoped Span<byte> destination)
    {
        destination.Clear();
        Take(destination.Length).CopyTo(destination);
    }

    private ulong Number(int lengthBytes)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        Take(lengthBytes).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
