namespace NvmeDoorbell.Controller;

/// <summary>How long any I/O task of a controller has been at work: Controller Busy Time.</summary>
/// <remarks>
/// One word holds how many tasks are at work, in bits 63:48, and since when any is, in bits 47:0. It changes by
/// CompareExchange, when a task begins after a rest and when it goes to rest; so whoever brings the count to 0 knows the
/// beginning that belongs to it, and no time is counted twice or lost.
/// </remarks>
internal sealed class BusyClock
{
    private const int CountShift = 48;
    private const ulong SinceMask = (1ul << CountShift) - 1;

    private readonly Func<long> _clock;
    private ulong _state;
    private long _totalMs;

    /// <param name="clock">Milliseconds; null: the system's.</param>
    public BusyClock(Func<long>? clock = null) => _clock = clock ?? (static () => Environment.TickCount64);

    /// <summary>Tasks at work now. Any thread.</summary>
    public int Count => (int)(Volatile.Read(ref _state) >> CountShift);

    /// <summary>The time so far. Any thread.</summary>
    public TimeSpan Total
    {
        get
        {
            ulong state = Volatile.Read(ref _state);
            long running = state >> CountShift == 0 ? 0 : _clock() - (long)(state & SinceMask);
            return TimeSpan.FromMilliseconds(Volatile.Read(ref _totalMs) + running);
        }
    }

    /// <summary>Goes on from the time of another clock, while no task is at work.</summary>
    public void StartAt(TimeSpan total) => Volatile.Write(ref _totalMs, (long)total.TotalMilliseconds);

    /// <summary>A task is at work. Any thread.</summary>
    public void Begin()
    {
        ulong state, next;
        do
        {
            state = Volatile.Read(ref _state);
            ulong since = state >> CountShift == 0 ? (ulong)_clock() : state & SinceMask;
            next = ((state >> CountShift) + 1) << CountShift | since;
        }
        while (Interlocked.CompareExchange(ref _state, next, state) != state);
    }

    /// <summary>A task that has begun is at rest. Any thread.</summary>
    public void End()
    {
        ulong state, next;
        do
        {
            state = Volatile.Read(ref _state);
            next = state - (1ul << CountShift);
        }
        while (Interlocked.CompareExchange(ref _state, next, state) != state);
        if (next >> CountShift == 0)
            Interlocked.Add(ref _totalMs, _clock() - (long)(state & SinceMask));
    }
}
