namespace NvmeDoorbell.Doorbells;

/// <summary>
/// A time in which something is not tried that has just done harm. It doubles where the next try does so too, soon
/// after the rest.
/// </summary>
internal struct Rest(long minTicks, long maxTicks)
{
    /// <summary>A rest that ends in another harm within so many times its length was too short.</summary>
    private const int SoonFactor = 8;

    private long _ticks;

    /// <summary>When it ends, or has ended.</summary>
    public long UntilTicks { get; private set; }

    /// <summary>Begins another one.</summary>
    public void Begin(long nowTicks)
    {
        bool isSoon = nowTicks - UntilTicks < SoonFactor * _ticks;
        _ticks = isSoon ? Math.Min(2 * _ticks, maxTicks) : minTicks;
        UntilTicks = nowTicks + _ticks;
    }
}
