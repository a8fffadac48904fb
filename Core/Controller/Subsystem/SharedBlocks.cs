namespace NvmeDoorbell.Controller;

/// <summary>
/// What is special about a namespace's blocks, for all controllers that have it: which are uncorrectable, and which an
/// atomic pair has to itself. Any thread.
/// </summary>
/// <remarks>
/// Commands look at <see cref="IsSpecial"/>: one load of a word that nobody writes, as long as there is nothing. Only then
/// is there a lock.
/// </remarks>
internal sealed class SharedBlocks
{
    /// <summary>The most ranges of uncorrectable blocks.</summary>
    public const int MaxUncorrectableRanges = 65536;

    private const int HasUncorrectable = 1;
    private const int HasPair = 2;

    private readonly Lock _lock = new();
    private readonly ByteRanges _uncorrectable = new(MaxUncorrectableRanges);
    private int _special;

    public SharedBlocks() => Section = new AtomicSection(isOpen => SetSpecial(HasPair, isOpen));

    /// <summary>Lets pairs of commands have their blocks to themselves.</summary>
    public AtomicSection Section { get; }

    /// <summary>There are uncorrectable blocks, or an atomic pair is under way.</summary>
    public bool IsSpecial => Volatile.Read(ref _special) != 0;

    /// <summary>Makes blocks uncorrectable. False: there are too many ranges of such already.</summary>
    public bool TryMarkUncorrectable(ulong offsetBytes, ulong lengthBytes)
    {
        lock (_lock)
        {
            if (!_uncorrectable.TryAdd(offsetBytes, lengthBytes))
                return false;
            SetSpecial(HasUncorrectable, true);
            return true;
        }
    }

    /// <summary>Blocks have been written, zeroed or deallocated: they can be read.</summary>
    public void OnWritten(ulong offsetBytes, ulong lengthBytes)
    {
        lock (_lock)
        {
            _uncorrectable.Remove(offsetBytes, lengthBytes);
            if (_uncorrectable.Count == 0)
                SetSpecial(HasUncorrectable, false);
        }
    }

    /// <summary>All of the namespace has been erased: every block can be read.</summary>
    public void OnErased() => OnWritten(0, ulong.MaxValue);

    /// <summary>Whether a range has an uncorrectable block.</summary>
    public bool IsUncorrectable(ulong offsetBytes, ulong lengthBytes)
    {
        lock (_lock)
            return _uncorrectable.Overlaps(offsetBytes, lengthBytes);
    }

    /// <summary>The uncorrectable blocks, in bytes and in order; ranges do not touch.</summary>
    public (ulong Start, ulong End)[] GetUncorrectable()
    {
        lock (_lock)
            return _uncorrectable.ToArray();
    }

    /// <summary>Takes over uncorrectable blocks as <see cref="GetUncorrectable"/> gives them.</summary>
    public void SetUncorrectable((ulong Start, ulong End)[] ranges)
    {
        lock (_lock)
        {
            _uncorrectable.Set(ranges);
            SetSpecial(HasUncorrectable, ranges.Length > 0);
        }
    }

    private void SetSpecial(int bit, bool isSet)
    {
        if (isSet)
            Interlocked.Or(ref _special, bit);
        else
            Interlocked.And(ref _special, ~bit);
    }
}
