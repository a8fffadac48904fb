using System.Buffers.Binary;

namespace NvmeDoorbell.Tests.Fuzz.Feedback;

/// <summary>Makes inputs out of inputs: some bytes changed, moved, taken out, put in, or from another input.</summary>
internal sealed class Mutator(int maxBytes, IReadOnlyList<byte[]> words)
{
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 7, 8, 16, 32, 63, 64, 127, 128, 255, 256, 511, 512, 4095, 4096, 32767, 32768, 65535, 65536,
        int.MaxValue, 1ul << 31, uint.MaxValue, long.MaxValue, 1ul << 63, ulong.MaxValue,
    ];

    private readonly byte[] _bytes = new byte[maxBytes];
    private int _length;

    /// <summary>A new input, good until the next one is made.</summary>
    public ReadOnlySpan<byte> Make(FuzzRandom random, ReadOnlySpan<byte> parent, ReadOnlySpan<byte> other)
    {
        _length = Math.Min(parent.Length, maxBytes);
        parent[.._length].CopyTo(_bytes);
        for (int changes = random.OneIn(2) ? 1 : 1 << random.Below(5); changes > 0; changes--)
            Change(random, other);
        return _bytes.AsSpan(0, _length);
    }

    private void Change(FuzzRandom random, ReadOnlySpan<byte> other)
    {
        if (_length == 0)
        {
            Insert(random, 0, 1 + random.Below(64));
            return;
        }
        int at = random.Below(_length);
        switch (random.Below(12u))
        {
            case 0:
                _bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1:
                _bytes[at] = (byte)random.Next();
                break;
            case 2:
                _bytes[at] = (byte)(_bytes[at] + random.Below(71) - 35);
                break;
            case 3 or 4:
                Number(random, at);
                break;
            case 5 when words.Count > 0:
                byte[] word = words[random.Below(words.Count)];
                Overwrite(at, word);
                break;
            case 6:
                Remove(at, Length(random, _length - at));
                break;
            case 7:
                Insert(random, at, Length(random, 128));
                break;
            case 8: // a stretch once more, in front of where it is
                int copied = Length(random, _length - at);
                byte[] stretch = _bytes[at..(at + copied)];
                if (Open(at, copied))
                    stretch.CopyTo(_bytes.AsSpan(at));
                break;
            case 9: // a stretch over another
                int moved = Length(random, _length - at);
                Overwrite(random.Below(_length), _bytes.AsSpan(at, moved));
                break;
            case 10 when other.Length > 0: // a stretch of another input
                int from = random.Below(other.Length);
                ReadOnlySpan<byte> taken = other.Slice(from, Length(random, other.Length - from));
                if (random.OneIn(2))
                    Overwrite(at, taken);
                else if (Open(at, taken.Length))
                    taken.CopyTo(_bytes.AsSpan(at));
                break;
            case 11 when other.Length > 0: // the front of this one, the back of another
                int cut = Math.Min(at, other.Length);
                _length = Math.Min(maxBytes, at + other.Length - cut);
                other.Slice(cut, _length - at).CopyTo(_bytes.AsSpan(at));
                break;
            default:
                _bytes[at] = 0;
                break;
        }
    }

    /// <summary>A number of 1, 2, 4 or 8 bytes, set or counted up or down.</summary>
    private void Number(FuzzRandom random, int at)
    {
        int width = 1 << random.Below(4);
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        int there = Math.Min(width, _length - at);
        _bytes.AsSpan(at, there).CopyTo(bytes);
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        value = random.OneIn(2) ? random.Pick<ulong>(Interesting) : value + (ulong)(random.Below(71) - 35);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..there].CopyTo(_bytes.AsSpan(at));
    }

    private static int Length(FuzzRandom random, int most) =>
        most <= 1 ? most : 1 + random.Below(random.OneIn(4) ? most : Math.Min(most, 16));

    private void Overwrite(int at, ReadOnlySpan<byte> bytes) =>
        bytes[..Math.Min(bytes.Length, _length - at)].CopyTo(_bytes.AsSpan(at));

    private void Remove(int at, int lengthBytes)
    {
        _bytes.AsSpan(at + lengthBytes, _length - at - lengthBytes).CopyTo(_bytes.AsSpan(at));
        _length -= lengthBytes;
    }

    private void Insert(FuzzRandom random, int at, int lengthBytes)
    {
        if (!Open(at, lengthBytes))
            return;
        bool isNoise = random.OneIn(2);
        for (int index = at; index < at + lengthBytes; index++)
            _bytes[index] = isNoise ? (byte)random.Next() : (byte)0;
    }

    private bool Open(int at, int lengthBytes)
    {
        if (_length + lengthBytes > maxBytes)
            return false;
        _bytes.AsSpan(at, _length - at).CopyTo(_bytes.AsSpan(at + lengthBytes));
        _length += lengthBytes;
        return true;
    }
}
