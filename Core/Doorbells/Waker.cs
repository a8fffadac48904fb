using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// A task's wake word and the way back to it. One waker may be registered with any number of doorbells; whichever
/// changes first wakes it, once.
/// </summary>
/// <remarks>
/// <para>Contract. Between <see cref="BeginSleep(bool)"/> and the end of that sleep, at most one caller of
/// <see cref="Wake"/>, of all threads, gets to call the task; the others do nothing. A wake that comes while the task
/// runs does nothing either: the task looks again before it sleeps.</para>
/// <para>Freeing. A waking thread counts itself in (<c>Waking</c>) before it claims the sleep and out after it has
/// called; <see cref="Dispose"/> ends the sleep and then waits for the count. A thread that counts in later finds
/// nothing to claim. The cell itself is never unmapped, so a thread with an old address only finds a stranger asleep,
/// and wakes it for nothing.</para>
/// <para>Thread-safety: <see cref="Wake"/> from any thread; everything else from the task's owner.</para>
/// </remarks>
public sealed unsafe partial class Waker : IDisposable
{
    private const uint NotNumber = WakerCell.StateMask | WakerCell.Fenced;

    private static readonly CellPool Pool = new(WakerCell.SizeBytes);
    private static readonly nint ManagedWakeAddress = (nint)(delegate* unmanaged<nint, void>)&WakeManaged;

    private readonly Action<object?>? _wake;
    private readonly object? _state;
    private GCHandle _handle;
    private WakerCell* _cell;

    private Waker(Action<object?>? wake, object? state)
    {
        _wake = wake;
        _state = state;
        _cell = (WakerCell*)Pool.Rent();
    }

    /// <summary>Frees the native cell of a waker that was dropped without <see cref="Dispose"/>.</summary>
    ~Waker() => Release();

    /// <summary>A waker that calls back on the thread that wakes: be quick there, do not block, do not throw.</summary>
    public static Waker FromCallback(Action<object?> wake, object? state)
    {
        ArgumentNullException.ThrowIfNull(wake);
        var waker = new Waker(wake, state);
        waker._handle = GCHandle.Alloc(waker, GCHandleType.Weak);
        waker._cell->Reactor = 0;
        waker._cell->Wake = ManagedWakeAddress;
        waker._cell->Context = GCHandle.ToIntPtr(waker._handle);
        return waker;
    }

    /// <summary>A waker that calls an unmanaged <c>void (*)(void *context)</c> on the thread that wakes.</summary>
    /// <param name="function">Address of the function; it must not throw or unwind through its caller.</param>
    /// <param name="context">Passed to it.</param>
    public static Waker FromNative(nint function, nint context)
    {
        ArgumentOutOfRangeException.ThrowIfZero(function);
        var waker = new Waker(null, null);
        waker._cell->Reactor = 0;
        waker._cell->Wake = function;
        waker._cell->Context = context;
        return waker;
    }

    /// <summary>A waker whose task is number <paramref name="index"/> of a reactor.</summary>
    internal static Waker ForReactor(ReactorCell* reactor, uint index)
    {
        var waker = new Waker(null, null);
        waker._cell->Index = index;
        waker._cell->Wake = 0;
        waker._cell->Context = 0;
        waker._cell->Reactor = (nint)reactor;
        return waker;
    }

    internal WakerCell* Cell => _cell;

    /// <summary>Which task of its reactor.</summary>
    internal uint Index => _cell->Index;

    /// <summary>Wakes the task if it sleeps. Any thread. The caller has published what it wants the task to see.</summary>
    public void Wake()
    {
        // Pairs with the sleeper's fence between its SLEEPING and its last look: either that look finds what the caller
        // published, or this load finds SLEEPING. Without it both may miss: a lost wake.
        Interlocked.MemoryBarrier();
        // Disposed meanwhile: nothing to wake; and a cell that has just become someone else's takes it as spurious.
        WakerCell* cell = _cell;
        if (cell != null) WakeIfSleeping(cell);
        GC.KeepAlive(this);
    }

    /// <summary>Ends the waker: once this returns no call to its task starts. Not from its own callback.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Wakes the owner of <paramref name="cell"/> if it sleeps. The caller has fenced.</summary>
    internal static void WakeIfSleeping(WakerCell* cell)
    {
        uint state = Volatile.Read(ref cell->State);
        if ((state & WakerCell.StateMask) == WakerCell.Sleeping) Claim(cell, state);
    }

    /// <summary>
    /// Wakes the follower of <paramref name="slot"/> if it sleeps on another value than <paramref name="value"/>. The
    /// caller has stored the value in <paramref name="home"/> and fenced.
    /// </summary>
    internal static void WakeFollower(DoorbellSlot* slot, ulong home, uint value)
    {
        var cell = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (cell == null) return;
        uint state = Volatile.Read(ref cell->State);
        // Seen is read after the state: the sleeper writes it before SLEEPING, so it belongs to this sleep or a later
        // one, and a later sleep has looked for itself.
        if ((state & WakerCell.StateMask) == WakerCell.Sleeping &&
            Volatile.Read(ref slot->Seen) != DoorbellState.SeenWord(home, value))
        {
            Claim(cell, state);
        }
    }

    /// <summary>Goes to SLEEPING. The owner then fences and looks again at everything it waits for.</summary>
    /// <param name="ringersFence">Whether rings should fence for themselves until the next sleep begins.</param>
    internal void BeginSleep(bool ringersFence)
    {
        uint state = Volatile.Read(ref _cell->State);
        if ((state & WakerCell.StateMask) == WakerCell.Sleeping) return;
        uint fenced = ringersFence && _adapts ? WakerCell.Fenced : 0;
        _isSettled &= fenced != 0;
        // A release store is enough: what must precede it (Seen, Waker, EventIdx) is ordered by it, and the order
        // towards the look that follows is the sleeper's fence.
        Volatile.Write(ref _cell->State, ((state & ~NotNumber) + WakerCell.NextSleep) | WakerCell.Sleeping | fenced);
    }

    /// <summary>Takes a sleep back. False: somebody has claimed it, and the task will be called.</summary>
    internal bool EndSleep()
    {
        uint state = Volatile.Read(ref _cell->State);
        return (state & WakerCell.StateMask) == WakerCell.Sleeping
            && Interlocked.CompareExchange(ref _cell->State, state & ~WakerCell.StateMask, state) == state;
    }

    /// <summary>The owner has been called, or begins again without having slept: back to RUNNING.</summary>
    internal static void BeginTurn(WakerCell* cell) =>
        // Only the owner writes the word outside SLEEPING, so no CompareExchange is needed.
        Volatile.Write(ref cell->State, Volatile.Read(ref cell->State) & ~WakerCell.StateMask);

    private static void Claim(WakerCell* cell, uint state)
    {
        // Before the claim: Dispose takes the state first and looks at this count second, so either the claim fails or
        // Dispose waits until the call is over.
        Interlocked.Increment(ref cell->Waking);
        uint notified = state ^ (WakerCell.Sleeping | WakerCell.Notified);
        if (Interlocked.CompareExchange(ref cell->State, notified, state) == state) MakeReady(cell);
        Interlocked.Decrement(ref cell->Waking);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeReady(WakerCell* cell)
    {
        var reactor = (ReactorCell*)cell->Reactor;
        if (reactor != null)
        {
            Reactor.Push(reactor, cell);
            return;
        }
        nint wake = cell->Wake;
        if (wake == ManagedWakeAddress) CallManaged(cell->Context);
        else ((delegate* unmanaged<nint, void>)wake)(cell->Context);
    }

    // SAFETY: called with the context of a cell whose Waking count holds off Dispose, so the handle is allocated.
    [UnmanagedCallersOnly]
    private static void WakeManaged(nint context)
    {
        try
        {
            CallManaged(context);
        }
        catch (Exception e)
        {
            // The ringer is native code and cannot take it: it ends as an unhandled exception of the thread pool.
            ThreadPool.QueueUserWorkItem(static thrown => thrown.Throw(), ExceptionDispatchInfo.Capture(e), false);
        }
    }

    private static void CallManaged(nint context)
    {
        if (GCHandle.FromIntPtr(context).Target is Waker waker) waker._wake!(waker._state);
    }

    /// <summary>Ends any sleep and waits until no thread is between a claim and the end of its call.</summary>
    internal void Quiesce()
    {
        // An exchange, not a store: its fence stands between the state and the count, see Claim.
        Interlocked.Exchange(ref _cell->State,
            (Volatile.Read(ref _cell->State) & ~NotNumber) + WakerCell.NextSleep);
        var spinner = new SpinWait();
        while (Volatile.Read(ref _cell->Waking) != 0) spinner.SpinOnce();
    }

    private void Release()
    {
        if (_cell == null) return;
        Quiesce();
        if (_handle.IsAllocated) _handle.Free();
        Pool.Return((nint)_cell);
        _cell = null;
    }
}
