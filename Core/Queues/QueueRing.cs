using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Queues;

/// <summary>
/// Where a queue's entries lie in host memory, and modular arithmetic on its indices. The one place of this layer that
/// touches guest RAM by address.
/// </summary>
internal struct QueueRing
{
    private readonly GuestMemory _memory;
    private readonly ulong _baseAddress;
    private readonly uint _entries;
    private readonly uint _entryBytes;
    private readonly GuestAccess _access;
    private nint _host; // entry 0, or 0: the ring does not lie in one region
    private int _version; // of the memory map that _host was looked up in

    internal QueueRing(GuestMemory memory, ulong baseAddress, uint entries, uint entryBytes, GuestAccess access)
    {
        _memory = memory;
        _baseAddress = baseAddress;
        _entries = entries;
        _entryBytes = entryBytes;
        _access = access;
        _host = 0;
        _version = memory.Version - 1;
    }

    /// <summary>Whether the memory map is another one than when an entry was last looked for.</summary>
    internal readonly bool IsMapChanged => _memory.Version != _version;

    /// <summary>Entries from <paramref name="from"/> forward to <paramref name="to"/>, round the ring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly uint Distance(uint from, uint to) => to >= from ? to - from : to - from + _entries;

    /// <summary>The index after <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly uint After(uint index) => index + 1 == _entries ? 0 : index + 1;

    /// <summary>
    /// The host address of an entry: by the ring's own address while the memory map is the same and the ring lies in one
    /// region, else looked up on its own. Valid until the reactor's turn ends. False: not in guest RAM.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLocate(uint index, out nint address)
    {
        if (_memory.Version == _version && _host != 0)
        {
            address = _host + (nint)(index * _entryBytes);
            return true;
        }
        return TryLocateSlowly(index, out address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryLocateSlowly(uint index, out nint address)
    {
        // The version is read before the look-up: a change between the two is seen by the next call.
        int version = _memory.Version;
        if (version != _version)
        {
            _version = version;
            if (!_memory.TryTranslate(_baseAddress, (ulong)_entries * _entryBytes, _access, out _host))
                _host = 0;
        }
        uint offset = index * _entryBytes;
        if (_host != 0)
        {
            address = _host + (nint)offset;
            return true;
        }
        // A ring that would run over the end of the address space has no entries beyond it.
        address = 0;
        return _baseAddress <= ulong.MaxValue - offset
            && _memory.TryTranslate(_baseAddress + offset, _entryBytes, _access, out address);
    }

    /// <summary>Copies a submission entry that <see cref="TryLocate"/> has not found, from memory that is not mapped here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal readonly bool TryRead(uint index, out SubmissionEntry entry)
    {
        entry = default;
        return TryFindRemote(index, out ulong guestAddress)
            && _memory.TryRead(guestAddress, MemoryMarshal.AsBytes(new Span<SubmissionEntry>(ref entry)));
    }

    /// <summary>As <see cref="CopyIn"/>, into memory that is not mapped here: the half with the phase tag goes second.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal readonly bool TryWrite(uint index, ulong low, ulong high) =>
        TryFindRemote(index, out ulong guestAddress)
        && _memory.TryWrite(guestAddress, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in low)))
        && _memory.TryWrite(guestAddress + sizeof(ulong), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in high)));

    private readonly bool TryFindRemote(uint index, out ulong guestAddress)
    {
        uint offset = index * _entryBytes;
        guestAddress = _baseAddress + offset;
        return _memory.HasRemote && _baseAddress <= ulong.MaxValue - offset
            && _memory.IsReachable(guestAddress, _entryBytes, _access);
    }

    /// <summary>Copies a submission entry out of guest RAM, once: what the guest writes to it afterwards is not seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void CopyOut(nint address, out SubmissionEntry entry)
    {
        // SAFETY: address comes from TryLocate in this turn of the reactor, so the entry's 64 bytes are mapped and stay
        // so; the copy needs no alignment.
        entry = Unsafe.ReadUnaligned<SubmissionEntry>((void*)address);
    }

    /// <summary>Writes a completion entry: the first 8 bytes, then the 8 bytes that hold the phase tag, with release.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void CopyIn(nint address, ulong low, ulong high)
    {
        // SAFETY: address comes from TryLocate in this turn of the reactor, so the entry's 16 bytes are mapped and stay
        // so. Queues start at a page and entries are 16 bytes, so both halves are aligned and each store is whole.
        ulong* entry = (ulong*)address;
        *entry = low;
        // Release, pairs with the guest's load of the phase tag: a guest that sees the new phase sees the rest too.
        Volatile.Write(ref entry[1], high);
    }
}
