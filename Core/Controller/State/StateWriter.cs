using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Controller;

/// <summary>Writes saved state: sections of little-endian fields, one after the other.</summary>
internal sealed class StateWriter
{
    private byte[] _bytes = new byte[4096];
    private int _length;
    private int _sectionStart;

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Begins a section; <see cref="EndSection"/> ends it.</summary>
    public void BeginSection(StateSection section)
    {
        Write((uint)section);
        Write(0u);
        _sectionStart = _length;
    }

    /// <summary>Ends the section: its length is known now.</summary>
    public void EndSection() => BinaryPrimitives.WriteUInt32LittleEndian(
        _bytes.AsSpan(_sectionStart - sizeof(uint)), (uint)(_length - _sectionStart));

    public void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    public void Write(byte value) => Append(1)[0] = value;

    public void Write(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Append(sizeof(ushort)), value);

    public void Write(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Append(sizeof(uint)), value);

    public void Write(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Append(sizeof(ulong)), value);

    public void Write(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Append(16), value);

    public void Write(ReadOnlySpan<byte> value) => value.CopyTo(Append(value.Length));

    /// <summary>A number of things that follow.</summary>
    public void WriteCount(int count) => Write((uint)count);

    /// <summary>Numbers, with how many there are before them.</summary>
    public void WriteAll(IReadOnlyCollection<uint> numbers)
    {
        WriteCount(numbers.Count);
        foreach (uint number in numbers)
            Write(number);
    }

    /// <summary>Printable ASCII with its length.</summary>
    public void WriteText(string text)
    {
        WriteCount(text.Length);
        System.Text.Encoding.ASCII.GetBytes(text, Append(text.Length));
    }

    /// <summary>A structure as it lies in memory: one of the specification's, whose layout is given.</summary>
    public void WriteStructure<T>(in T value)
        where T : unmanaged => Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    private Span<byte> Append(int lengthBytes)
    {
        if (_bytes.Length - _length < lengthBytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + lengthBytes));
        Span<byte> appended = _bytes.AsSpan(_length, lengthBytes);
        _length += lengthBytes;
        return appended;
    }
}
