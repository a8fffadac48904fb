using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary>
/// Tells when each task of a reactor has had a whole turn since something was asked: every doorbell rung before has
/// then been looked at, and the pin has the level that follows from it.
/// </summary>
/// <remarks>
/// A first turn may come before that of a task which was woken earlier; before the second one every task that is awake,
/// or was woken before, has had its turn, because the reactor goes round.
/// </remarks>
internal sealed class TurnFence : ReactorTask
{
    private readonly Func<long> _passed;
    private readonly Action _pauseOver;
    private int _asked;
    private int _passedNumber;
    private int _under = -1; // the number that the first turn has seen, while the second is awaited

    /// <param name="reactor">The reactor.</param>
    /// <param name="passed">
    /// Called on its thread when <see cref="PassedNumber"/> has grown. Returns how many ticks of the clock a pause is to
    /// last, in place of one that is under way; 0: there is to be none.
    /// </param>
    /// <param name="pauseOver">Called on its thread after a pause.</param>
    public TurnFence(Reactor reactor, Func<long> passed, Action pauseOver)
        : base(reactor) => (_passed, _pauseOver) = (passed, pauseOver);

    /// <summary>The newest number that was asked for and has passed.</summary>
    public int PassedNumber => Volatile.Read(ref _passedNumber);

    /// <summary>Asks. From one thread at a time.</summary>
    /// <param name="number">More than the number before.</param>
    public void Ask(int number)
    {
        Volatile.Write(ref _asked, number);
        Waker.Wake();
    }

    /// <inheritdoc/>
    protected override bool Turn()
    {
        if (IsDue)
        {
            TurnAfter(0);
            _pauseOver();
            return true;
        }
        if (_under >= 0)
        {
            Volatile.Write(ref _passedNumber, _under);
            _under = -1;
            TurnAfter(_passed());
            return true;
        }
        int asked = Volatile.Read(ref _asked);
        if (asked == _passedNumber)
            return false;
        _under = asked;
        return true;
    }

    /// <inheritdoc/>
    protected override bool PrepareSleep() => true;

    /// <inheritdoc/>
    protected override bool HasWork() => IsDue || _under >= 0 || Volatile.Read(ref _asked) != _passedNumber;
}
