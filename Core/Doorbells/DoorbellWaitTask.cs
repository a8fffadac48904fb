namespace NvmeDoorbell.Doorbells;

/// <summary>
/// The way back of a wait that resumes on a reactor: while it is pending the reactor polls the doorbell or lets the
/// task sleep on it, like any task of its own, and the continuation runs in the task's turn.
/// </summary>
internal sealed class DoorbellWaitTask : ReactorTask
{
    private readonly DoorbellState _state;

    /// <summary>1 from the start of a wait until its end. While 0 the follower's thread is free to poll the state.</summary>
    private int _pending;

    /// <summary>1: the doorbell was closed, and no turn follows the one that is about to be taken.</summary>
    private int _retired;

    /// <summary>Whether the sleep that is being prepared follows the doorbell: it does where a wait was pending.</summary>
    private bool _isArmed;

    public DoorbellWaitTask(Reactor reactor, DoorbellState state)
        : base(reactor)
    {
        _state = state;
        Start();
    }

    private bool IsPending => Volatile.Read(ref _pending) != 0;

    /// <summary>A wait begins. Any thread.</summary>
    public void Begin()
    {
        // Published before the wake: its fence stands between this and the look at the task's sleep.
        Volatile.Write(ref _pending, 1);
        Waker.Wake();
        // Closed meanwhile: the task's last turn has seen this wait, or is over and this thread ends it.
        if (Volatile.Read(ref _retired) != 0) Turn();
    }

    /// <summary>The doorbell was closed: ends the wait under way, then the task.</summary>
    public void Retire() => Reactor.Post(() =>
    {
        // A full fence between this and the look at the wait, as a wake's is in Begin: one of the two sees the other.
        Interlocked.Exchange(ref _retired, 1);
        Turn();
        Dispose();
    });

    protected override bool Turn()
    {
        if (!IsPending || !_state.WouldEnd) return false;
        // Before the result: the continuation may begin the next wait. Claimed: the thread that has begun it may be here too.
        // Not ended: the value went and came back, which is no change.
        if (Interlocked.CompareExchange(ref _pending, 0, 1) == 1 && !_state.TryEndWait()) Volatile.Write(ref _pending, 1);
        return true;
    }

    protected override bool PrepareSleep()
    {
        _isArmed = IsPending;
        if (!_isArmed) return true;
        _state.Arm(Waker);
        return _state.CanSleep;
    }

    // A wait that has begun since the sleep was prepared, and before it could be woken, is not followed by the sleep: no
    // ring would end it.
    protected override bool HasWork() => IsPending && (!_isArmed || _state.MustLookAgain);
}
