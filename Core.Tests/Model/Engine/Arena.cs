using System.Runtime.InteropServices;

namespace NvmeDoorbell.Model.Engine;

/// <summary>
/// The native memory of the modelled program: a bump allocator that starts over with each execution, at the same address in
/// every execution, so that an address names a cell. Freed memory stays readable here, and a touch of it is reported.
/// </summary>
internal sealed unsafe class Arena
{
    public const int LengthBytes = 1 << 20;
    public const int GranuleBytes = 4;
    public const int Granules = LengthBytes / GranuleBytes;

    private const int LineBytes = 64;
    private const long PreferredAddress = 0x0000_1000_0000_0000;

    private readonly byte* _base;
    private readonly GranuleState[] _states = new GranuleState[Granules];
    private readonly List<(nint Address, int LengthBytes)> _allocations = [];
    private int _used;

    public Arena()
    {
        const int readWrite = 3, privateAnonymous = 0x22;
        nint address = MemoryMap(unchecked((nint)PreferredAddress), LengthBytes, readWrite, privateAnonymous, -1, 0);
        if (address == -1)
            throw new InvalidOperationException("No memory for the model's arena.");
        _base = (byte*)address;
    }

    public nint Base => (nint)_base;

    public void Reset()
    {
        // SAFETY: _used bytes of the mapping have been handed out.
        new Span<byte>(_base, _used).Clear();
        Array.Clear(_states, 0, _used / GranuleBytes);
        _allocations.Clear();
        _used = 0;
    }

    public nint Allocate(nuint lengthBytes, nuint alignmentBytes)
    {
        int alignment = Math.Max(LineBytes, (int)alignmentBytes);
        int start = (_used + alignment - 1) & -alignment;
        int end = (start + Math.Max(1, (int)lengthBytes) + LineBytes - 1) & -LineBytes;
        if (end > LengthBytes)
            throw new InvalidOperationException($"The scenario needs more than the model's arena of {LengthBytes} bytes.");
        _used = end;
        SetState((nint)_base + start, end - start, GranuleState.Live);
        _allocations.Add(((nint)_base + start, end - start));
        return (nint)_base + start;
    }

    public bool Contains(nint address) => (nuint)(address - (nint)_base) < LengthBytes;

    public int GranuleOf(nint address) => (int)(address - (nint)_base) / GranuleBytes;

    public GranuleState StateOf(nint address) => _states[GranuleOf(address)];

    public void SetState(nint address, int lengthBytes, GranuleState state) =>
        Array.Fill(_states, state, GranuleOf(address), lengthBytes / GranuleBytes);

    /// <summary>How many bytes that was; 0: address is not the start of something allocated and live.</summary>
    public int Free(nint address)
    {
        foreach ((nint start, int lengthBytes) in _allocations)
        {
            if (start != address || StateOf(address) != GranuleState.Live)
                continue;
            SetState(address, lengthBytes, GranuleState.Freed);
            return lengthBytes;
        }

        return 0;
    }

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern nint MemoryMap(nint address, nint length, int protection, int flags, int file, nint offset);
}

/// <summary>Who may touch a granule of the arena.</summary>
internal enum GranuleState : byte
{
    Unallocated,
    Live,
    Freed,

    /// <summary>Given back to the guest: its threads may go on, the device's may not.</summary>
    Revoked,
}
