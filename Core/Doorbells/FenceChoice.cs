using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Who should fence, by what the sleepers' process-wide barriers would take of a core at the rate at which tasks sleep:
/// where that is much, the ringers should, at some 20 cycles a ring. Not thread-safe: its sleepers' own.
/// </summary>
/// <remarks>
/// A barrier takes half a microsecond with nobody to interrupt, one or two beside a running thread on bare metal, ten to
/// forty where a hypervisor delivers the interrupt: so its price is taken from the barriers that are run.
/// </remarks>
/// <param name="nowTicks">The time.</param>
internal struct FenceChoice(long nowTicks)
{
    /// <summary>After so many sleeps the choice is looked at again.</summary>
    internal const int SleepsPerLook = 64;

    private const long DearDivisor = 50; // 2 % of a core: ringers fence
    private const long CheapDivisor = 200; // 0.5 %: sleepers do
    private const int PriceDivisor = 8; // a barrier moves the price by this part of the difference
    private const long MaxPriceMicroseconds = 100; // one that took longer has been interrupted itself

    private static readonly long OldTicks = Stopwatch.Frequency / 10; // 100 ms
    private static readonly long MaxPriceTicks = MaxPriceMicroseconds * Stopwatch.Frequency / 1_000_000;

    private int _sleeps;
    private long _priceTicks;
    private long _sinceTicks = nowTicks;

    /// <summary>Whether the ringers should fence.</summary>
    public bool Ringers { readonly get; private set; }

    /// <summary>A sleep has begun, or several that one fence has served.</summary>
    /// <param name="barrierTicks">How long the process-wide barrier took; 0: there was none.</param>
    public void OnSleep(long barrierTicks)
    {
        if (Count(barrierTicks)) Choose(Stopwatch.GetTimestamp());
    }

    /// <summary>Counts what <see cref="OnSleep"/> is told.</summary>
    /// <returns>Whether it is time to <see cref="Choose"/>.</returns>
    public bool Count(long barrierTicks)
    {
        if (barrierTicks != 0)
        {
            long taken = Math.Min(barrierTicks, MaxPriceTicks);
            _priceTicks = _priceTicks == 0 ? taken : _priceTicks + (taken - _priceTicks) / PriceDivisor;
        }
        return ++_sleeps >= SleepsPerLook;
    }

    /// <summary>Chooses by what has been counted since the last time.</summary>
    /// <param name="nowTicks">The time.</param>
    public void Choose(long nowTicks)
    {
        long barriersTicks = _priceTicks * _sleeps;
        long passedTicks = nowTicks - _sinceTicks;
        Ringers = barriersTicks > passedTicks / (Ringers ? CheapDivisor : DearDivisor);
        _sleeps = 0;
        _sinceTicks = nowTicks;
    }

    /// <summary>For those who sleep no more: whether the ringers have fenced for long enough and should not any more.</summary>
    /// <param name="nowTicks">The time.</param>
    public bool Ends(long nowTicks)
    {
        if (!Ringers || nowTicks - _sinceTicks <= OldTicks) return false;
        Choose(nowTicks);
        return !Ringers;
    }
}
