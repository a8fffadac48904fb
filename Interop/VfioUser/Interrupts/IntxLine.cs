using System.Diagnostics;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary>
/// INTx over eventfds: a level that the client is told of once, and again after it has unmasked, for as long as it is
/// asserted.
/// </summary>
/// <remarks>
/// <para>The line masks itself as it signals. The client lets the guest's pin go and unmasks when the guest accesses
/// the device, often by the very doorbell that takes the level away. The doorbell only wakes its task; were the unmask
/// obeyed at once, the old level would be signalled anew, an interrupt without a cause that no access ends. So an
/// unmask waits until every task has looked at what was rung before it (<see cref="TurnFence"/>).</para>
/// <para>Any access lets the pin go, that of a guest as well which has not come to its handler yet: it submits another
/// command meanwhile. The interrupt has been delivered and the handler will run, and what is signalled anew in that moment
/// comes when there is nothing left to do. So a level that is still there at the unmask is signalled after a pause
/// of 100 µs, and a signal that the client has not seen yet is withdrawn when its level ends.</para>
/// <para>What is left: the client reads the signal, and raises the pin, between the guest's last access and the moment in
/// which we see that it has ended the level. Nothing is left for the guest to do, so no access of it follows, and the pin
/// stays up. Where a level has ended, its signal was taken and no unmask follows, the client is brought to access
/// the device itself, as the guest would.</para>
/// </remarks>
internal sealed class IntxLine : IDisposable
{
    private static readonly long UnmaskPauseTicks = Stopwatch.Frequency / 10_000; // 100 µs

    /// <summary>
    /// An unmask follows at once, but for a client whose processor is taken away. A pin that is up in vain costs the guest
    /// a hundred interrupts a millisecond.
    /// </summary>
    private static readonly long ForgottenTicks = Stopwatch.Frequency / 4000; // 250 µs

    private readonly Lock _gate = new();
    private readonly TurnFence[] _fences;
    private readonly Action _forgotten;
    private readonly EventSlot _trigger = new();
    private readonly EventSlot _masked = new();
    private readonly EventSlot _unmask = new();
    private bool _isAsserted;
    private bool _isMasked;
    private bool _isUnmaskWanted;
    private bool _isPausing; // unmasked, but for a pause
    private bool _isSignalled; // and masked for that
    private int _number;

    /// <param name="reactors">The reactors whose tasks set the level.</param>
    /// <param name="forgotten">
    /// Called on a reactor's thread when the pin is up at the client without a cause, for all that can be known here.
    /// </param>
    public IntxLine(IEnumerable<Reactor> reactors, Action forgotten)
    {
        _forgotten = forgotten;
        _fences = [.. reactors.Select(reactor => new TurnFence(reactor, OnFence, OnPauseOver))];
        foreach (TurnFence fence in _fences)
            fence.Start();
    }

    /// <summary>The descriptor by which the client, or its kernel, unmasks; -1: none.</summary>
    public int UnmaskDescriptor => _unmask.Number;

    /// <summary>It has signalled, or the client has masked it, and it has not been unmasked since.</summary>
    public bool IsMasked
    {
        get
        {
            lock (_gate)
                return _isMasked;
        }
    }

    /// <summary>The device sets the level. From any thread.</summary>
    public void SetLevel(bool asserted)
    {
        lock (_gate)
        {
            _isAsserted = asserted;
            if (!asserted && (_isPausing || (_isSignalled && _trigger.TryWithdraw())))
                Open();
            if (IsForgotten)
                AskFences();
            SignalIfDue();
        }
    }

    /// <summary>The client's eventfd for the interrupt; null: none.</summary>
    public void SetTrigger(EventSignal? signal)
    {
        lock (_gate)
        {
            _trigger.Set(signal);
            if (signal is null)
            {
                Open(); // a set-up that comes later begins unmasked
            }
            SignalIfDue();
        }
    }

    /// <summary>The eventfd that is signalled when the line masks itself; null: none.</summary>
    public void SetMaskEvent(EventSignal? signal) => _masked.Set(signal);

    /// <summary>The eventfd by which the client unmasks; null: none.</summary>
    public void SetUnmaskEvent(EventSignal? signal) => _unmask.Set(signal);

    /// <summary>The client interrupts by itself, whatever the level.</summary>
    public void Trigger() => _trigger.Signal();

    /// <summary>The client masks.</summary>
    public void Mask()
    {
        lock (_gate)
        {
            Open();
            _isMasked = true;
        }
    }

    /// <summary>The client unmasks.</summary>
    public void Unmask()
    {
        lock (_gate)
        {
            if (!_isMasked)
                return;
            _isUnmaskWanted = true;
            AskFences();
        }
    }

    /// <summary>The client has written to <see cref="UnmaskDescriptor"/>.</summary>
    public void OnUnmaskEvent()
    {
        _unmask.Drain();
        Unmask();
    }

    /// <summary>Nothing is signalled any more. Not from a reactor.</summary>
    public void Dispose()
    {
        _trigger.Dispose();
        _masked.Dispose();
        _unmask.Dispose();
        foreach (TurnFence fence in _fences)
            fence.Dispose();
    }

    /// <returns>How long a pause there is to be.</returns>
    private long OnFence()
    {
        lock (_gate)
        {
            if (Array.Exists(_fences, fence => fence.PassedNumber < _number))
                return 0;
            if (!_isUnmaskWanted)
                return IsForgotten ? ForgottenTicks : 0;
            Open();
            _isMasked = _isPausing = _isAsserted;
            return _isPausing ? UnmaskPauseTicks : 0;
        }
    }

    private void OnPauseOver()
    {
        lock (_gate)
        {
            if (_isPausing)
            {
                Open();
                SignalIfDue();
                return;
            }
            if (!IsForgotten)
                return;
        }
        _forgotten();
    }

    /// <summary>The level has ended, and who has taken its signal has not unmasked.</summary>
    /// <remarks>One who unmasks by an eventfd lets the pin go by itself: a kernel, when the guest ends the interrupt.</remarks>
    private bool IsForgotten => _isSignalled && !_isAsserted && !_isUnmaskWanted && !_unmask.IsSet;

    private void AskFences()
    {
        int number = ++_number;
        foreach (TurnFence fence in _fences)
            fence.Ask(number);
    }

    private void Open() => _isMasked = _isUnmaskWanted = _isPausing = _isSignalled = false;

    private void SignalIfDue()
    {
        if (!_isAsserted || _isMasked || !_trigger.IsSet)
            return;
        _isMasked = _isSignalled = true;
        _trigger.Signal();
        _masked.Signal();
    }
}
