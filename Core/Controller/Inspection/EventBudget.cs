namespace NvmeDoorbell.Controller;

/// <summary>
/// So many events a second and no more: a guest that does the wrong thing a million times a second does not fill
/// anybody's log. What is left out is counted, and told with the next that is let through.
/// </summary>
/// <remarks>
/// Any thread, no lock. Threads that meet at the turn of a second may let through a few more.
/// </remarks>
internal sealed class EventBudget(int perSecond)
{
    private long _second = -1;
    private int _taken;
    private long _leftOut;

    /// <summary>Asks for one.</summary>
    /// <param name="nowMs">A clock that never goes back, in milliseconds.</param>
    /// <param name="leftOut">How many were refused since the last that was let through.</param>
    public bool TryTake(long nowMs, out long leftOut)
    {
        leftOut = 0;
        long second = nowMs / 1000;
        long known = Volatile.Read(ref _second);
        if (known != second && Interlocked.CompareExchange(ref _second, second, known) == known)
            Volatile.Write(ref _taken, 0);
        if (Interlocked.Increment(ref _taken) > perSecond)
        {
            Interlocked.Increment(ref _leftOut);
            return false;
        }
        leftOut = Interlocked.Exchange(ref _leftOut, 0);
        return true;
    }
}
