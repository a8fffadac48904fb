using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <summary>
/// The MSI-X table and pending bits of a function, and the decision whether a vector is delivered now.
/// </summary>
/// <remarks>
/// Raising takes no lock. A raise that finds its vector masked sets the pending bit, which is a full fence, and looks
/// at the masks again; an unmask stores the mask, fences, and then looks at the pending bit. One of the two sees the
/// other, and the pending bit is claimed by an interlocked AND, so a masked interrupt is neither lost nor delivered
/// twice.
/// </remarks>
internal sealed class MsixTable
{
    public const int EntryBytes = 16;

    private const int DwordsPerEntry = EntryBytes / 4;
    private const int VectorControl = 3;
    private const uint VectorMasked = 1;

    private readonly uint[] _dwords;
    private readonly long[] _pending;
    private readonly Action<int, MsixMessage> _deliver;
    private int _isEnabled;
    private int _isHeld;

    /// <param name="vectors">Size of the table, 1 to 2048.</param>
    /// <param name="deliver">Called for each message that goes out.</param>
    public MsixTable(int vectors, Action<int, MsixMessage> deliver)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vectors, 2048);
        Vectors = vectors;
        _dwords = new uint[vectors * DwordsPerEntry];
        _pending = new long[(vectors + 63) / 64];
        _deliver = deliver;
        Reset();
    }

    public int Vectors { get; }

    /// <summary>MSI-X Enable: vectors are used in place of the pin.</summary>
    public bool IsEnabled => Volatile.Read(ref _isEnabled) != 0;

    /// <summary>As after reset: every vector masked, nothing pending, MSI-X off.</summary>
    public void Reset()
    {
        Volatile.Write(ref _isEnabled, 0);
        Volatile.Write(ref _isHeld, 0);
        for (int index = 0; index < _dwords.Length; index++)
            Volatile.Write(ref _dwords[index], index % DwordsPerEntry == VectorControl ? VectorMasked : 0);
        for (int word = 0; word < _pending.Length; word++)
            Interlocked.Exchange(ref _pending[word], 0);
    }

    /// <summary>Takes over the function's state and delivers what it lets go.</summary>
    /// <param name="isEnabled">MSI-X Enable.</param>
    /// <param name="isHeld">Function Mask is set, or the function may not master the bus: messages stay
    /// pending.</param>
    public void SetState(bool isEnabled, bool isHeld)
    {
        if (!isEnabled)
        {
            for (int word = 0; word < _pending.Length; word++)
                Interlocked.Exchange(ref _pending[word], 0);
        }
        Volatile.Write(ref _isHeld, isHeld ? 1 : 0);
        Volatile.Write(ref _isEnabled, isEnabled ? 1 : 0);
        Interlocked.MemoryBarrier(); // pairs with the interlocked OR of Raise
        if (!isEnabled || isHeld)
            return;
        for (int vector = 0; vector < Vectors; vector++)
            DeliverPending(vector);
    }

    /// <summary>
    /// Raises a vector from any thread: delivered, or pending while masked. Nothing happens with MSI-X off.
    /// </summary>
    public void Raise(int vector)
    {
        if ((uint)vector >= (uint)Vectors || !IsEnabled)
            return;
        if (IsOpen(vector))
        {
            _deliver(vector, GetMessage(vector));
            return;
        }
        Interlocked.Or(ref _pending[vector / 64], 1L << (vector % 64));
        DeliverPending(vector);
    }

    public MsixMessage GetMessage(int vector)
    {
        int entry = vector * DwordsPerEntry;
        ulong low = Volatile.Read(ref _dwords[entry]);
        ulong high = Volatile.Read(ref _dwords[entry + 1]);
        return new MsixMessage(high << 32 | low, Volatile.Read(ref _dwords[entry + 2]));
    }

    public bool IsPending(int vector) => (Volatile.Read(ref _pending[vector / 64]) >>> (vector % 64) & 1) != 0;

    public bool IsMasked(int vector) =>
        (Volatile.Read(ref _dwords[vector * DwordsPerEntry + VectorControl]) & VectorMasked) != 0;

    /// <summary>An aligned dword of the table; zero past its end.</summary>
    public uint ReadTable(ulong offset) =>
        offset / 4 < (ulong)_dwords.Length ? Volatile.Read(ref _dwords[offset / 4]) : 0;

    /// <summary>An aligned dword of the pending bits; zero past their end.</summary>
    public uint ReadPending(ulong offset) =>
        offset / 8 < (ulong)_pending.Length
            ? (uint)(Volatile.Read(ref _pending[offset / 8]) >>> (int)(offset % 8 * 8))
            : 0;

    /// <summary>Writes an aligned dword of the table. Unmasking delivers what is pending.</summary>
    public void WriteTable(ulong offset, uint value)
    {
        ulong index = offset / 4;
        if (index >= (ulong)_dwords.Length)
            return;
        switch (index % DwordsPerEntry)
        {
            case 0:
                Volatile.Write(ref _dwords[index], value & ~3u); // a message address is dword-aligned
                break;
            case VectorControl:
                Volatile.Write(ref _dwords[index], value & VectorMasked);
                Interlocked.MemoryBarrier(); // pairs with the interlocked OR of Raise
                DeliverPending((int)(index / DwordsPerEntry));
                break;
            default:
                Volatile.Write(ref _dwords[index], value);
                break;
        }
    }

    public void Save(StateWriter writer)
    {
        foreach (ref uint dword in _dwords.AsSpan())
            writer.Write(Volatile.Read(ref dword));
        foreach (ref long pending in _pending.AsSpan())
            writer.Write((ulong)Volatile.Read(ref pending));
    }

    /// <summary>Reads table and pending bits, for a table of the same size.</summary>
    /// <returns>Takes them over; <see cref="SetState"/> has to follow.</returns>
    public Action Read(ref StateReader reader)
    {
        var dwords = new uint[_dwords.Length];
        for (int index = 0; index < dwords.Length; index++)
        {
            dwords[index] = reader.ReadUInt32();
            uint absent = (index % DwordsPerEntry) switch { 0 => 3, VectorControl => ~VectorMasked, _ => 0 };
            reader.Require((dwords[index] & absent) == 0, "an MSI-X entry has bits that it does not keep");
        }
        var pending = new long[_pending.Length];
        for (int index = 0; index < pending.Length; index++)
            pending[index] = (long)reader.ReadUInt64();
        reader.Require(
            Vectors % 64 == 0 || pending[^1] >>> (Vectors % 64) == 0, "a vector is pending that there is not");
        return () =>
        {
            for (int index = 0; index < dwords.Length; index++)
                Volatile.Write(ref _dwords[index], dwords[index]);
            for (int index = 0; index < pending.Length; index++)
                Interlocked.Or(ref _pending[index], pending[index]);
        };
    }

    private bool IsOpen(int vector) => IsEnabled && Volatile.Read(ref _isHeld) == 0 && !IsMasked(vector);

    private void DeliverPending(int vector)
    {
        if (!IsPending(vector) || !IsOpen(vector))
            return;
        long bit = 1L << (vector % 64);
        if ((Interlocked.And(ref _pending[vector / 64], ~bit) & bit) != 0)
            _deliver(vector, GetMessage(vector));
    }
}
