namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>
/// The descriptors that came with one message. Whoever uses one takes it; what nobody took is closed with the message.
/// </summary>
internal sealed class DescriptorList : IDisposable
{
    /// <summary>The most that Linux carries with one call (SCM_MAX_FD), and so the most that a message may bring.</summary>
    public const int MaxCount = 253;

    private readonly int[] _numbers = new int[MaxCount];

    /// <summary>How many came.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one, which is then this list's to close. False: it is full, and the descriptor was closed.</summary>
    public bool TryAdd(int number)
    {
        if (Count == MaxCount)
        {
            _ = Libc.Close(number);
            return false;
        }
        _numbers[Count++] = number;
        return true;
    }

    /// <summary>Hands one over to the caller. It stays counted.</summary>
    public Descriptor Take(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        int number = _numbers[index];
        _numbers[index] = -1;
        return new Descriptor(number);
    }

    /// <summary>Closes what was not taken; the list is then empty and may be used again.</summary>
    public void Clear()
    {
        for (int index = 0; index < Count; index++)
        {
            if (_numbers[index] >= 0)
                _ = Libc.Close(_numbers[index]);
        }
        Count = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();
}
