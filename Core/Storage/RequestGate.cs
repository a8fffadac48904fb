namespace NvmeDoorbell.Storage;

/// <summary>
/// Counts requests in and out of a disk, so that Dispose can wait for the last one. Closing is final.
/// </summary>
/// <remarks>
/// One word: bit 31 closed, bits 30..0 requests inside. Both sides change it by interlocked operations on the same
/// word, so of an entry and a close one is first: an entry that is first is waited for, one that is second sees the bit
/// and leaves again.
/// </remarks>
internal sealed class RequestGate
{
    private const int Closed = int.MinValue;

    private int _state;

    /// <summary>Counts a request in; false: the gate is closed, and the request is not in.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _state) >= 0)
            return true;
        Interlocked.Decrement(ref _state);
        return false;
    }

    /// <summary>Counts one more in, on behalf of one who is inside and so has passed the gate.</summary>
    public void EnterAgain() => Interlocked.Increment(ref _state);

    /// <summary>Counts a request out.</summary>
    public void Exit() => Interlocked.Decrement(ref _state);

    /// <summary>Lets nobody in any more, and returns when everybody is out. May be called again.</summary>
    public void CloseAndWait()
    {
        Interlocked.Or(ref _state, Closed);
        SpinWait spin = default;
        while ((Volatile.Read(ref _state) & ~Closed) != 0)
            spin.SpinOnce();
    }
}
