using System.Diagnostics;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Keeps a queue from interrupting a guest that has been interrupted already and has not come to its handler yet: the
/// handler will find what is posted meanwhile. Used by the task that owns the queue, and by no other thread.
/// </summary>
/// <remarks>
/// <para>A guest's handler consumes all that it finds and then moves the head. While the head stands where it stood at the
/// interrupt, entries are held; when it has moved and some are left, they were posted too late for that handler, and the
/// guest is interrupted again.</para>
/// <para>A guest may consume entries and move the head much later. So nothing is held for longer than 100 µs, nor while the
/// task sleeps.</para>
/// </remarks>
internal struct InterruptModeration
{
    /// <summary>The longest that an entry is held.</summary>
    public static readonly long LongestTicks = Stopwatch.Frequency / 10_000; // 100 µs

    private int _held;
    private bool _isTold;
    private ushort _toldHead;
    private long _toldTicks;

    /// <summary>Entries that the guest has not been told of.</summary>
    public readonly int Held => _held;

    /// <summary>Ends the holding.</summary>
    /// <returns>Of how many entries the guest has not been told.</returns>
    public int Release()
    {
        int held = _held;
        _held = 0;
        return held;
    }

    /// <summary>Entries were posted, or are held, and the head was looked at.</summary>
    /// <param name="posted">Entries posted since the last call.</param>
    /// <param name="head">The newest head.</param>
    /// <param name="isConsumed">The guest has consumed all entries.</param>
    /// <param name="atOnce">Nothing is to be held.</param>
    /// <param name="nowTicks">What the clock says.</param>
    /// <returns>Of how many entries the guest is to be told now; 0: it is not to be interrupted.</returns>
    public int Take(int posted, ushort head, bool isConsumed, bool atOnce, long nowTicks)
    {
        posted += _held;
        _held = 0;
        if (isConsumed)
        {
            _isTold = false;
            return 0;
        }
        if (_isTold && head == _toldHead && !atOnce && nowTicks - _toldTicks < LongestTicks)
        {
            _held = posted;
            return 0;
        }
        (_isTold, _toldHead, _toldTicks) = (true, head, nowTicks);
        return posted;
    }
}
