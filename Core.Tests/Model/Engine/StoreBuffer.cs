namespace NvmeDoorbell.Model.Engine;

/// <summary>One store that its thread has made and others do not see yet.</summary>
internal struct PendingStore
{
    public nint Address;
    public int Cell;
    public int LengthBytes;
    public ulong Bits;
    public bool IsReference;
    public bool IsRelease;
    public ulong Tag;
    public int Sequence;
    public Site Site;
}

/// <summary>A thread's stores on their way to memory, oldest first.</summary>
internal sealed class StoreBuffer
{
    public const int Capacity = 16;

    private readonly PendingStore[] _entries = new PendingStore[Capacity];
    private int _count;
    private int _sequence;

    public int Count => _count;

    /// <summary>The number the next store will get; stores made so far have smaller ones.</summary>
    public int NextSequence => _sequence;

    public ref PendingStore this[int index] => ref _entries[index];

    public void Reset()
    {
        _count = 0;
        _sequence = 0;
    }

    public ref PendingStore Append()
    {
        if (_count == Capacity)
            throw new InvalidOperationException($"More than {Capacity} stores of one thread under way: raise StoreBuffer.Capacity.");
        ref PendingStore entry = ref _entries[_count++];
        entry = default;
        entry.Sequence = _sequence++;
        return ref entry;
    }

    public void RemoveAt(int index)
    {
        for (_count--; index < _count; index++)
            _entries[index] = _entries[index + 1];
    }

    /// <summary>Index of the youngest store to address, or -1.</summary>
    public int FindYoungest(nint address)
    {
        for (int index = _count - 1; index >= 0; index--)
        {
            if (_entries[index].Address == address)
                return index;
        }

        return -1;
    }

    /// <summary>Whether every store numbered below sequence has arrived.</summary>
    public bool HasDrained(int sequence) => _count == 0 || _entries[0].Sequence >= sequence;

    /// <summary>Whether the entry may be the next to arrive.</summary>
    public bool CanDrain(int index, MemoryOrder order)
    {
        if (index == 0)
            return true;
        if (order != MemoryOrder.Weak || _entries[index].IsRelease)
            return false;
        for (int earlier = 0; earlier < index; earlier++)
        {
            if (_entries[earlier].Address == _entries[index].Address)
                return false;
        }

        return true;
    }

    /// <summary>How many stores numbered below sequence are under way.</summary>
    public int CountBefore(int sequence)
    {
        int index = 0;
        while (index < _count && _entries[index].Sequence < sequence)
            index++;
        return index;
    }

    public ulong Digest(ulong hash, int begunSequence)
    {
        for (int index = 0; index < _count; index++)
            hash = Hash.Mix(Hash.Mix(hash, (ulong)_entries[index].Cell), _entries[index].Tag);
        return Hash.Mix(hash, (ulong)CountBefore(begunSequence));
    }
}
