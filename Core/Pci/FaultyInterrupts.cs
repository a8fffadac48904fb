using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Pci;

/// <summary>
/// In front of an embedder's interrupts: refuses some of them for a while and loses some, as an
/// <see cref="InterruptFaultPlan"/> says. For tests of drivers, and of what delivers their interrupts.
/// </summary>
/// <remarks>
/// Any thread. A refused message is pending, as that of a masked vector is: further messages of the vector merge with
/// it, and the next one that is not refused takes it along. A refused level is not lost either: the last level is
/// delivered in the end, and levels in between may be skipped. What was refused is delivered on a thread of its own.
/// </remarks>
public sealed class FaultyInterrupts : IPciInterrupts, IDisposable
{
    private static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(10);

    private readonly IPciInterrupts _inner;
    private readonly Lock _lock = new();
    private Dictionary<uint, Action> _pending = []; // by vector; under the lock
    private readonly AutoResetEvent _work = new(false);
    private readonly ManualResetEvent _end = new(false);
    private readonly LevelOutput _line;
    private readonly Thread _thread;
    // Changed under the lock.
    private InterruptFaultPlan _plan;
    private Random _random;
    private long _refused;
    private long _lost;
    // The function's level, whether it waits, and the level that the embedder has been told.
    private bool _level;
    private bool _isLevelPending;
    private bool _told;
    private int _isDisposed;

    /// <summary>Faulty interrupts in front of good ones.</summary>
    /// <param name="inner">Where interrupts go in the end; it stays the caller's.</param>
    /// <param name="plan">What goes wrong.</param>
    public FaultyInterrupts(IPciInterrupts inner, InterruptFaultPlan plan)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(plan);
        (_inner, _plan, _random) = (inner, plan, new Random(plan.Seed));
        _line = new LevelOutput(
            () => Volatile.Read(ref _isLevelPending) ? _told : Volatile.Read(ref _level),
            level =>
            {
                _told = level;
                _inner.SetLine(level);
            });
        _thread = new Thread(Run) { IsBackground = true, Name = "faulty interrupts" };
        _thread.Start();
    }

    /// <summary>
    /// What goes wrong. A new plan holds from the next interrupt on and begins its own sequence of choices; what is
    /// pending is delivered all the same.
    /// </summary>
    public InterruptFaultPlan Plan
    {
        get
        {
            lock (_lock)
                return _plan;
        }
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_lock)
                (_plan, _random) = (value, new Random(value.Seed));
        }
    }

    /// <summary>Whether the caller is its own thread, which is to say in a late interrupt.</summary>
    internal bool IsOwnThread => Thread.CurrentThread == _thread;

    /// <summary>What has gone wrong so far.</summary>
    public InterruptFaultStatistics GetStatistics()
    {
        lock (_lock)
            return new InterruptFaultStatistics(_refused, _lost, _pending.Count + (_isLevelPending ? 1 : 0));
    }

    /// <inheritdoc/>
    public void SignalVector(int vector, MsixMessage message)
    {
        lock (_lock)
        {
            if (Chance(_plan.Lose))
            {
                _lost++;
                return;
            }
            if (Refuses())
            {
                _pending[(uint)vector] = () => _inner.SignalVector(vector, message);
                return;
            }
            _pending.Remove((uint)vector);
        }
        _inner.SignalVector(vector, message);
    }

    /// <inheritdoc/>
    public void SetLine(bool asserted)
    {
        lock (_lock)
        {
            Volatile.Write(ref _level, asserted);
            Volatile.Write(ref _isLevelPending, Refuses());
        }
        _line.Update();
    }

    /// <summary>Delivers now what has been refused.</summary>
    public void Release()
    {
        Dictionary<uint, Action> messages;
        lock (_lock)
        {
            messages = _pending;
            _pending = [];
            Volatile.Write(ref _isLevelPending, false);
        }
        foreach (Action signal in messages.Values)
            signal();
        _line.Update();
    }

    /// <summary>
    /// Ends its thread; the function in front has been disposed. What is pending is dropped. Not from a late interrupt.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _end.Set();
        _thread.Join();
        _work.Dispose();
        _end.Dispose();
    }

    private bool Chance(uint oneIn) => oneIn != 0 && _random.NextInt64(oneIn) == 0;

    private bool Refuses()
    {
        if (!Chance(_plan.Refuse))
            return false;
        _refused++;
        _work.Set();
        return true;
    }

    private void Run()
    {
        WaitHandle[] either = [_end, _work];
        while (WaitHandle.WaitAny(either) != 0)
        {
            if (!_end.WaitOne(RefusalTime))
                Release();
        }
    }
}
