using System.Collections.Concurrent;
using System.Diagnostics;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// A thread's loop that runs ready tasks: it polls the ones that were busy lately, lets the others sleep, and parks on a
/// futex when all of them do.
/// </summary>
/// <remarks>
/// <para>The ready list is a stack of waker cells in native memory. Any thread pushes the cell whose sleep it has
/// claimed; the reactor takes the whole list at once, so that no cell is popped while another thread compares with it.
/// A cell is on the list at most once: only the winner of a claim pushes it, and only a turn makes the next claim
/// possible.</para>
/// <para>Parking: the reactor exchanges its park word to Parked and then looks at the list, a waker pushes and then
/// looks at the park word; both steps are full fences, so one of the two sees the other.</para>
/// <para>Thread-safety: every member from any thread, except that one thread at a time runs it.</para>
/// </remarks>
public sealed unsafe partial class Reactor : IDisposable
{
    private const int ClockEveryTurns = 32;

    private static readonly CellPool Pool = new(ReactorCell.SizeBytes);
    private static readonly TimeSpan Forever = Timeout.InfiniteTimeSpan;

    private readonly ReactorCell* _cell;
    private readonly ReactorOptions _options;
    private readonly ConcurrentQueue<Action> _posts = new();
    private readonly Lock _gate = new();
    private readonly Stack<uint> _freeIndices = new();
    private readonly Thread? _thread;

    private ReactorTask?[] _tasks = new ReactorTask?[16];
    private int _taskCount;
    private uint _indexCount;

    /// <summary>Managed identifier of the thread that runs it now, or 0.</summary>
    private int _runner;

    /// <summary>1: <see cref="Run"/> is to return.</summary>
    private int _stop;

    /// <summary>
    /// Number of posted actions not taken yet; below 0 for the moment in which an action has been taken that its poster has
    /// not counted yet.
    /// </summary>
    private int _posted;

    private int _disposed;

    /// <summary>Makes a reactor, and its thread where it has one.</summary>
    /// <param name="options">How it runs.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public Reactor(ReactorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Enum.IsDefined(options.Polling)) throw new ArgumentOutOfRangeException(nameof(options), "Unknown polling.");
        if (options.PollMax < TimeSpan.FromMicroseconds(1) || options.PollMax > TimeSpan.FromSeconds(1))
            throw new ArgumentOutOfRangeException(nameof(options), "PollMax is 1 µs to 1 s.");
        _options = options;
        _window = new PollWindow(options.Polling, options.PollMax);
        // SAFETY: pooled cells are never unmapped; this one is ours until Dispose.
        _cell = (ReactorCell*)Pool.Rent();
        Volatile.Write(ref _cell->Ready, 0);
        Volatile.Write(ref _cell->Park, ReactorCell.Awake);
        if (!options.OwnThread) return;
        _thread = new Thread(RunOwnThread) { IsBackground = true, Name = options.Name };
        _thread.Start();
    }

    /// <summary>Whether the caller is on the thread that runs this reactor now.</summary>
    public bool IsOwnThread => Volatile.Read(ref _runner) == Environment.CurrentManagedThreadId;

    /// <summary>Whether a thread of its own runs it.</summary>
    public bool HasOwnThread => _thread is not null;

    /// <summary>Number of tasks that belong to it.</summary>
    public int TaskCount => Volatile.Read(ref _taskCount);

    /// <summary>Whether its thread sleeps, or is about to, because no task has anything to do.</summary>
    public bool IsParked => Volatile.Read(ref _cell->Park) == ReactorCell.Parked;

    /// <summary>Runs it on the calling thread until <see cref="Stop"/>, or for a time. For lent threads.</summary>
    /// <param name="timeout">At most so long; zero: one turn, no waiting; negative: no limit.</param>
    /// <returns>False: another thread runs it now.</returns>
    /// <exception cref="InvalidOperationException">It has its own thread, or this is called from one of its tasks.</exception>
    public bool Run(TimeSpan timeout)
    {
        if (_thread is not null) throw new InvalidOperationException("The reactor runs on a thread of its own.");
        if (IsOwnThread) throw new InvalidOperationException("The reactor cannot be run from one of its own tasks.");
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (!TryEnter()) return false;
        try
        {
            Loop(timeout);
            return true;
        }
        finally
        {
            Volatile.Write(ref _runner, 0);
        }
    }

    /// <summary>Makes <see cref="Run"/> return, the one under way or the next. A thread of its own goes on.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stop, 1);
        Unpark();
    }

    /// <summary>Runs an action on the reactor's thread, soon. Allocates: for control, not for data.</summary>
    /// <param name="action">Must not block and must not throw.</param>
    public void Post(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        _posts.Enqueue(action);
        Interlocked.Increment(ref _posted);
        Unpark();
    }

    /// <summary>
    /// Waits for something that the reactor's tasks bring about. Where nobody runs a lent reactor, the caller does.
    /// </summary>
    /// <param name="done">What is waited for; asked again and again.</param>
    /// <param name="timeout">At most so long.</param>
    /// <returns>Whether it came about.</returns>
    /// <exception cref="InvalidOperationException">Called from one of its own tasks: it would wait for itself.</exception>
    public bool Drive(Func<bool> done, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(done);
        if (IsOwnThread) throw new InvalidOperationException("A reactor's own task cannot wait for the reactor.");
        long start = Stopwatch.GetTimestamp();
        var spinner = new SpinWait();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(start) > timeout) return false;
            if (_thread is null && Volatile.Read(ref _disposed) == 0 && TryEnter())
            {
                TurnOnce();
                Volatile.Write(ref _runner, 0);
            }
            spinner.SpinOnce();
        }
        return true;
    }

    /// <summary>What it has done so far.</summary>
    public ReactorStatistics GetStatistics() => new(
        Volatile.Read(ref _turns), Volatile.Read(ref _wakes), Volatile.Read(ref _spuriousWakes),
        Volatile.Read(ref _sleeps), Volatile.Read(ref _parks));

    /// <summary>Ends it and its thread.</summary>
    /// <exception cref="InvalidOperationException">Tasks belong to it still, or called from its own thread.</exception>
    public void Dispose()
    {
        if (IsOwnThread) throw new InvalidOperationException("A reactor cannot be disposed from its own thread.");
        if (TaskCount != 0) throw new InvalidOperationException($"The reactor still has {TaskCount} tasks.");
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        Stop();
        _thread?.Join();
        Pool.Return((nint)_cell);
    }

    /// <summary>Puts a cell whose sleep the caller has claimed on the ready list. Any thread.</summary>
    internal static void Push(ReactorCell* reactor, WakerCell* cell)
    {
        nint head;
        do
        {
            head = Volatile.Read(ref reactor->Ready);
            Volatile.Write(ref cell->Next, head);
            // Full fence: it stands between the push and the look at the park word. Without it a reactor that parks in
            // between would be left asleep with a full list.
        }
        while (Interlocked.CompareExchange(ref reactor->Ready, (nint)cell, head) != head);
        Unpark(reactor);
    }

    private static void Unpark(ReactorCell* reactor)
    {
        // The compare keeps the line shared while the reactor is awake; the exchange makes one waker pay for the call.
        if (Volatile.Read(ref reactor->Park) == ReactorCell.Parked &&
            Interlocked.CompareExchange(ref reactor->Park, ReactorCell.Awake, ReactorCell.Parked) == ReactorCell.Parked)
        {
            Futex.WakeOne(&reactor->Park);
        }
    }

    private void Unpark()
    {
        Interlocked.MemoryBarrier(); // between what the caller published and the look at the park word
        Unpark(_cell);
        GC.KeepAlive(this);
    }

    private bool TryEnter() =>
        Interlocked.CompareExchange(ref _runner, Environment.CurrentManagedThreadId, 0) == 0;

    private void RunOwnThread()
    {
        Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);
        if (_options.Cpu is { } cpu) ThreadAffinity.TryPin(cpu, OperatingSystem.IsLinux());
        while (Volatile.Read(ref _disposed) == 0) Loop(Forever);
        Volatile.Write(ref _runner, 0);
    }
}
