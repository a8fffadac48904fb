using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The interrupt of one completion queue. Used by the task that owns the queue, and by no other thread.
/// </summary>
/// <remarks>
/// Coalescing: entries that are posted while interrupts of the vector are held back are counted, and the reactor is asked
/// to turn the task when the first of them has waited for the time that the guest has set, whether anything else
/// happens or not. The pin is a level, and the admin queue is never held back.
/// </remarks>
internal sealed class QueueInterrupt
{
    private readonly InterruptRouter _router;
    private readonly int _vector;
    private readonly bool _isEnabled;
    private readonly ReactorTask? _timed;
    private int _held; // entries that have not been signalled yet
    private bool _isUnseen;

    /// <param name="router">The controller's router.</param>
    /// <param name="vector">Interrupt Vector of Create I/O Completion Queue; 0 for the admin queue.</param>
    /// <param name="isEnabled">Interrupts Enabled of Create I/O Completion Queue; true for the admin queue.</param>
    /// <param name="timed">The task whose turn ends a wait; null: never held back.</param>
    public QueueInterrupt(InterruptRouter router, int vector, bool isEnabled, ReactorTask? timed = null)
    {
        _timed = timed;
        _router = router;
        _vector = vector;
        _isEnabled = isEnabled;
    }

    /// <summary>
    /// While true, the task also follows the queue's head doorbell whenever the queue holds entries that the guest has
    /// not consumed, so that the pin is let go when the head catches up.
    /// </summary>
    public bool FollowsHead => _isEnabled && _router.UsesPin;

    /// <summary>Once a turn, after entries were posted and the head was looked at.</summary>
    /// <param name="posted">Entries posted since the last call.</param>
    /// <param name="hasUnseen">The queue holds entries that the guest has not consumed.</param>
    /// <param name="atOnce">What was posted is not to be held back.</param>
    public void Update(int posted, bool hasUnseen, bool atOnce = false)
    {
        if (!_isEnabled)
            return;
        bool usesPin = _router.UsesPin;
        if ((posted | _held) != 0)
            Signal(posted, usesPin, atOnce);
        bool isUnseen = hasUnseen && usesPin;
        if (isUnseen != _isUnseen)
        {
            _isUnseen = isUnseen;
            _router.SetUnseen(_vector, isUnseen);
        }
    }

    /// <summary>The queue is gone: it holds the pin no longer.</summary>
    public void Close()
    {
        _held = 0;
        Update(0, hasUnseen: false);
    }

    private void Signal(int posted, bool usesPin, bool atOnce)
    {
        if (usesPin)
            _held = 0; // the level tells of all of them
        else if (_held == 0 && !_router.Coalescing.IsOn)
            _router.Raise(_vector);
        else
            Coalesce(posted, atOnce);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Coalesce(int posted, bool atOnce)
    {
        bool isFirst = _held == 0;
        _held += posted;
        if (_timed is not null
            && !atOnce
            && _router.Coalescing.TryGet(_vector, out int entries, out long ticks)
            && _held < entries
            && (isFirst || !_timed.IsDue))
        {
            if (isFirst)
                _timed.TurnAfter(ticks);
            return;
        }
        _held = 0;
        _timed?.TurnAfter(0);
        _router.Raise(_vector);
    }
}
