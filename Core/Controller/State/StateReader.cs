using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Reads one section of saved state. Bytes come from anywhere: whatever is wrong with them ends in an exception that says
/// what, before anything has been changed and before more has been allocated than there are bytes for.
/// </summary>
internal ref struct StateReader
{
    private const int StatusBits = 0x7FFF;

    private readonly StateSection _section;
    private ReadOnlySpan<byte> _rest;

    public StateReader(StateSection section, ReadOnlySpan<byte> bytes)
    {
        _section = section;
        _rest = bytes;
    }

    public bool ReadBoolean()
    {
        byte value = ReadByte();
        Require(value <= 1, "a truth value is neither 0 nor 1");
        return value != 0;
    }

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public UInt128 ReadUInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));

    public ReadOnlySpan<byte> ReadBytes(int lengthBytes) => Take(lengthBytes);

    /// <summary>A number of things that follow, each of at least so many bytes.</summary>
    public int ReadCount(int most, int leastBytes)
    {
        uint count = ReadUInt32();
        Require(count <= (uint)most, $"{count} entries where there can be {most}");
        Require(count * (ulong)leastBytes <= (ulong)_rest.Length, "it ends too early");
        return (int)count;
    }

    /// <summary>Numbers, with how many there are before them.</summary>
    public uint[] ReadUInt32s(int most)
    {
        var numbers = new uint[ReadCount(most, sizeof(uint))];
        for (int index = 0; index < numbers.Length; index++)
            numbers[index] = ReadUInt32();
        return numbers;
    }

    /// <summary>How a command has ended.</summary>
    public StatusCode ReadStatus()
    {
        ushort status = ReadUInt16();
        Require((status & ~StatusBits) == 0, "a status has more than 15 bits");
        return (StatusCode)status;
    }

    public string ReadText(int longest) =>
        System.Text.Encoding.ASCII.GetString(Take(ReadCount(longest, leastBytes: 1)));

    public T ReadStructure<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Take(System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));

    /// <summary>Nothing may be left.</summary>
    public readonly void End() => Require(_rest.IsEmpty, "it is longer than what it holds");

    /// <exception cref="InvalidDataException">It is not so.</exception>
    public readonly void Require([DoesNotReturnIf(false)] bool isSo, string otherwise)
    {
        if (!isSo)
            throw new InvalidDataException($"Section {_section} of the state: {otherwise}.");
    }

    private ReadOnlySpan<byte> Take(int lengthBytes)
    {
        Require(lengthBytes <= _rest.Length, "it ends too early");
        ReadOnlySpan<byte> taken = _rest[..lengthBytes];
        _rest = _rest[lengthBytes..];
        return taken;
    }
}
