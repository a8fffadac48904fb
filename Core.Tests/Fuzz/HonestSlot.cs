using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// One command of a valid driver at a time, with a stretch of the disk and a buffer of its own, and what has to be on
/// that stretch: for each block the version that was acknowledged last, and where a reset took a write's answer away,
/// the two versions it may be.
/// </summary>
internal sealed class HonestSlot(int index)
{
    public const int Blocks = 48;
    public const int BlockBytes = 512;
    public const int PageBytes = 4096;

    /// <summary>Room for all blocks at any offset into the first page, and a page for the PRP list.</summary>
    public const int BufferPages = Blocks * BlockBytes / PageBytes + 2;

    private readonly ulong[] _version = new ulong[Blocks];
    private readonly ulong[] _other = new ulong[Blocks];
    private ulong _nextVersion;
    private SubmissionEntry _entry;
    private ulong _written;
    private int _firstBlock;
    private int _blockCount;
    private int _offset;

    /// <summary>A reset has left it open what is on the disk: reading comes first.</summary>
    public bool IsUnsettled { get; private set; }

    public bool IsInFlight { get; private set; }

    /// <summary>The next command, with the buffer prepared.</summary>
    /// <param name="random">Chooses.</param>
    /// <param name="nsid">The driver's namespace.</param>
    /// <param name="address">Guest address of the buffer.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="readAll">Reads the whole stretch.</param>
    public SubmissionEntry Begin(FuzzRandom random, uint nsid, ulong address, Span<byte> buffer, bool readAll)
    {
        bool all = readAll || IsUnsettled;
        IoOpcode opcode = all ? IoOpcode.Read : random.Pick<IoOpcode>(
            [IoOpcode.Read, IoOpcode.Read, IoOpcode.Write, IoOpcode.Write, IoOpcode.WriteZeroes, IoOpcode.Flush]);
        _firstBlock = all ? 0 : random.Below(Blocks);
        _blockCount = all ? Blocks : 1 + random.Below(Blocks - _firstBlock);
        _offset = 4 * random.Below(PageBytes / 4);
        _written = opcode == IoOpcode.WriteZeroes ? 0 : ++_nextVersion;
        Span<byte> data = buffer.Slice(_offset, _blockCount * BlockBytes);
        if (opcode == IoOpcode.Write)
        {
            for (int block = 0; block < _blockCount; block++)
                Fill(data.Slice(block * BlockBytes, BlockBytes), _firstBlock + block, _written);
        }
        else if (opcode == IoOpcode.Read)
        {
            data.Fill(0xA5);
        }
        _entry = new SubmissionEntry { Opcode = (byte)opcode, CommandId = (ushort)index, NamespaceId = nsid };
        if (opcode != IoOpcode.Flush)
        {
            _entry = _entry with { Cdw10 = (uint)(index * Blocks + _firstBlock), Cdw12 = (uint)(_blockCount - 1) };
        }
        if (opcode is IoOpcode.Read or IoOpcode.Write)
            SetPointers(address, buffer, data.Length);
        IsInFlight = true;
        return _entry;
    }

    /// <summary>The command has completed with success.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Complete(ReadOnlySpan<byte> buffer)
    {
        IsInFlight = false;
        switch ((IoOpcode)_entry.Opcode)
        {
            case IoOpcode.Write or IoOpcode.WriteZeroes:
                for (int block = _firstBlock; block < _firstBlock + _blockCount; block++)
                    _version[block] = _other[block] = _written;
                return null;
            case IoOpcode.Read:
                return Compare(buffer.Slice(_offset, _blockCount * BlockBytes));
            default:
                return null;
        }
    }

    /// <summary>A reset has dropped the command: it has happened, or it has not.</summary>
    public void Drop()
    {
        if (!IsInFlight)
            return;
        IsInFlight = false;
        if ((IoOpcode)_entry.Opcode is not (IoOpcode.Write or IoOpcode.WriteZeroes))
            return;
        for (int block = _firstBlock; block < _firstBlock + _blockCount; block++)
            _other[block] = _written;
        IsUnsettled = true;
    }

    private string? Compare(ReadOnlySpan<byte> data)
    {
        for (int block = 0; block < _blockCount; block++)
        {
            int at = _firstBlock + block;
            ReadOnlySpan<byte> bytes = data.Slice(block * BlockBytes, BlockBytes);
            if (Has(bytes, at, _version[at]))
                _other[at] = _version[at];
            else if (Has(bytes, at, _other[at]))
                _version[at] = _other[at];
            else
                return $"data: slot {index}, block {at} is neither version {_version[at]} nor {_other[at]}: "
                    + Convert.ToHexString(bytes[..32]);
        }
        if (_blockCount == Blocks)
            IsUnsettled = false;
        return null;
    }

    private void SetPointers(ulong address, Span<byte> buffer, int lengthBytes)
    {
        int first = PageBytes - _offset;
        _entry = _entry with { Prp1 = address + (ulong)_offset };
        if (lengthBytes <= first)
            return;
        if (lengthBytes <= first + PageBytes)
        {
            _entry = _entry with { Prp2 = address + PageBytes };
            return;
        }
        int listAt = (BufferPages - 1) * PageBytes;
        Span<ulong> list = MemoryMarshal.Cast<byte, ulong>(buffer.Slice(listAt, PageBytes));
        for (int page = 1; page < BufferPages - 1; page++)
            list[page - 1] = address + (ulong)(page * PageBytes);
        _entry = _entry with { Prp2 = address + (ulong)listAt };
    }

    private void Fill(Span<byte> bytes, int block, ulong version)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        ulong word = Word(block, version);
        for (int each = 0; each < words.Length; each++)
            words[each] = word + (ulong)each;
    }

    private bool Has(ReadOnlySpan<byte> bytes, int block, ulong version)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        if (version == 0)
            return !words.ContainsAnyExcept(0ul);
        ulong word = Word(block, version);
        for (int each = 0; each < words.Length; each++)
        {
            if (words[each] != word + (ulong)each)
                return false;
        }
        return true;
    }

    private ulong Word(int block, ulong version) => FuzzRandom.Mix(version * 1000 + (ulong)(index * Blocks + block));
}
