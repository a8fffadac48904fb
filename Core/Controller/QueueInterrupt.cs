namespace NvmeDoorbell.Controller;

/// <summary>
/// The interrupt of one completion queue. Used by the task that owns the queue, and by no other thread.
/// </summary>
internal sealed class QueueInterrupt
{
    private readonly InterruptRouter _router;
    private readonly int _vector;
    private readonly bool _isEnabled;
    private bool _isUnseen;

    /// <param name="router">The controller's router.</param>
    /// <param name="vector">Interrupt Vector of Create I/O Completion Queue; 0 for the admin queue.</param>
    /// <param name="isEnabled">Interrupts Enabled of Create I/O Completion Queue; true for the admin queue.</param>
    public QueueInterrupt(InterruptRouter router, int vector, bool isEnabled)
    {
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
    /// <param name="hasPosted">Entries were posted since the last call.</param>
    /// <param name="hasUnseen">The queue holds entries that the guest has not consumed.</param>
    public void Update(bool hasPosted, bool hasUnseen)
    {
        if (!_isEnabled)
            return;
        bool usesPin = _router.UsesPin;
        if (hasPosted && !usesPin)
            _router.Raise(_vector);
        bool isUnseen = hasUnseen && usesPin;
        if (isUnseen != _isUnseen)
        {
            _isUnseen = isUnseen;
            _router.SetUnseen(_vector, isUnseen);
        }
    }

    /// <summary>The queue is gone: it holds the pin no longer.</summary>
    public void Close() => Update(hasPosted: false, hasUnseen: false);
}
