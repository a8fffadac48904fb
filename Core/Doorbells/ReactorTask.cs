using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// Work that a reactor runs in turns: polled while it was busy lately, asleep otherwise, woken by the doorbells it
/// follows and by whoever calls its <see cref="Waker"/>.
/// </summary>
/// <remarks>
/// A task's methods run on the reactor's thread and never at the same time. Between <see cref="Start"/> and the end of
/// <see cref="Dispose()"/> it belongs to the reactor.
/// </remarks>
public abstract class ReactorTask : IDisposable
{
    private readonly GuestMemoryUser? _user;
    private int _buried;

    /// <summary>Makes a task; <see cref="Start"/> hands it to the reactor.</summary>
    /// <param name="reactor">Runs it for life.</param>
    /// <param name="memory">Guest memory whose host addresses it uses in its turns.</param>
    protected ReactorTask(Reactor reactor, GuestMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(reactor);
        Reactor = reactor;
        _user = memory is null ? null : reactor.JoinMemory(memory);
        Waker = reactor.AddTask(this);
    }

    /// <summary>The reactor that runs it.</summary>
    public Reactor Reactor { get; }

    /// <summary>Wakes the task, from any thread: its <see cref="Turn"/> begins after that, or looks again.</summary>
    public Waker Waker { get; }

    /// <summary>The time that <see cref="TurnAfter"/> asked for has come, and it has not asked again.</summary>
    public bool IsDue { get; internal set; }

    /// <summary>When it wants a turn whatever happens, in the reactor's ticks; 0: it does not.</summary>
    internal long DeadlineTicks { get; set; }

    /// <summary>It is on the reactor's list of tasks that have asked for a time.</summary>
    internal bool IsTimed { get; set; }

    /// <summary>When it was last busy, in the reactor's coarse ticks.</summary>
    internal long LastBusyTicks { get; set; }

    /// <summary>When it went to sleep.</summary>
    internal long SleptAtTicks { get; set; }

    /// <summary>Whether the reactor polls it now.</summary>
    internal bool IsPolled { get; set; }

    /// <summary>Whether the reactor runs no turn of it any more.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Whether the reactor has let it go altogether. Any thread.</summary>
    internal bool IsBuried => Volatile.Read(ref _buried) != 0;

    /// <summary>Called on the reactor's thread when it knows the task no more. Set before <see cref="Dispose()"/>.</summary>
    internal Action? Buried { get; set; }

    /// <summary>Hands the task to its reactor: its first turn follows.</summary>
    public void Start() => Reactor.Post(() => Reactor.Admit(this));

    /// <summary>Takes the task from its reactor; once this returns no turn runs. From the reactor's own thread too.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="Dispose()"/>; what derived tasks own goes after the base has run.</summary>
    /// <param name="disposing">Always true: tasks have no finalizer.</param>
    protected virtual void Dispose(bool disposing) => Reactor.RemoveTask(this);

    /// <summary>Does a bounded amount of work.</summary>
    /// <returns>True where there was some; false lets the task sleep in time.</returns>
    protected abstract bool Turn();

    /// <summary>
    /// About to sleep: arms the doorbells it waits for (<see cref="DoorbellState.Arm"/> with <see cref="Waker"/>).
    /// </summary>
    /// <returns>False: it must not sleep, because something it waits for wakes nobody.</returns>
    protected abstract bool PrepareSleep();

    /// <summary>
    /// The look after the fence: whether anything it waits for has happened, doorbells
    /// (<see cref="DoorbellState.HasChanged"/>) and messages alike.
    /// </summary>
    protected abstract bool HasWork();

    /// <summary>
    /// Says that a transfer with host addresses of this turn goes on after it. Regions it may use are not given back
    /// until <see cref="EndTransfer"/>. From the task's own turns.
    /// </summary>
    /// <returns>For <see cref="EndTransfer"/>.</returns>
    protected int BeginTransfer() => _user?.BeginTransfer() ?? 0;

    /// <summary>Ends what <see cref="BeginTransfer"/> began. From the task's own turns.</summary>
    /// <param name="transfer">What it returned.</param>
    protected void EndTransfer(int transfer) => _user?.EndTransfer(transfer);

    /// <summary>
    /// Asks for a turn after a time, asleep or not; a later call takes the place of an earlier one. From the task's own
    /// turns. Allocates nothing.
    /// </summary>
    /// <param name="ticks">Ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0: it has no wish any more.</param>
    public void TurnAfter(long ticks)
    {
        IsDue = false;
        Reactor.SetDeadline(this, ticks);
    }

    internal void OnBuried()
    {
        if (_user is not null) Reactor.LeaveMemory(_user);
        Volatile.Write(ref _buried, 1);
        Buried?.Invoke();
    }

    internal bool RunTurn()
    {
        _user?.Enter();
        bool worked = Turn();
        _user?.Exit();
        return worked;
    }

    internal bool RunPrepareSleep()
    {
        _user?.Enter();
        bool may = PrepareSleep();
        _user?.Exit();
        return may;
    }

    internal bool RunHasWork()
    {
        _user?.Enter();
        bool work = HasWork();
        _user?.Exit();
        return work;
    }
}
