using System.Diagnostics;
using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Serves the queues of a <see cref="QueueTask"/>: fetches commands, gives them to disks, posts what became of them, and
/// interrupts once a turn.
/// </summary>
/// <remarks>
/// <para>
/// Everything happens in turns on the task's reactor, but for what any thread does: <see cref="OnCompleted"/> lists a
/// request that a disk has finished, <see cref="Ask"/> a question, and both wake the task.
/// </para>
/// <para>
/// Conservation. Every command fetched reserves an entry of the completion queue (<see cref="_reserved"/> counts those
/// under way), so a completion always has room, and no entry that the guest has not consumed is overwritten. A request
/// leaves the pool when a disk keeps it, and returns when its completion has been posted or, after a stop, dropped.
/// </para>
/// <para>
/// The head doorbell is followed only while there is no room, or while the pin waits for the guest to consume: a guest
/// that keeps up wakes nobody with it.
/// </para>
/// </remarks>
internal sealed partial class IoTask : IDisposable
{
    private const int IdleTurnsPerLook = 256;

    private readonly QueueTask _owner;
    private readonly IoContext _context;
    private readonly CompletionQueue _completions;
    private readonly QueueInterrupt _interrupt;
    private readonly CompletionList<IoRequest> _completed = new();
    private readonly IoRequestPool _pool;
    private readonly LatencyMeter _latency;
    private readonly IoCommand[] _commands = IoCommandTable.Commands;

    private IoBufferPool? _buffers; // many a task never needs one
    private IoQueue[] _queues = [];
    private int _reserved; // commands under way; each has an entry of the completion queue to itself
    private int _posted; // since the last turn's interrupt
    private bool _mustInterrupt; // what was posted is not to be coalesced
    private InterruptModeration _moderation;
    private bool _needsRoom; // a command waits that no completion entry is free for
    private bool _isHeadClosed; // a stop will follow
    private bool _isStopped;
    private int _idleTurns;
    private bool _isBusy; // counted by the busy clock

    /// <summary>Made for the first ring, on the task's turn.</summary>
    /// <param name="owner">The reactor's task.</param>
    /// <param name="completions">Its completion queue.</param>
    /// <param name="interrupt">The interrupt of that queue.</param>
    /// <param name="context">What the tasks of the controller share.</param>
    public IoTask(QueueTask owner, CompletionQueue completions, QueueInterrupt interrupt, IoContext context)
    {
        _owner = owner;
        _context = context;
        _completions = completions;
        _interrupt = interrupt;
        _pool = new IoRequestPool(this, context.MaxSegments);
        _latency = new LatencyMeter(Counters);
        context.Namespaces.Tasks.Add(this);
    }

    /// <summary>The completion queue it serves.</summary>
    public CompletionQueue Completions => _completions;

    /// <summary>What it has done. Written on its turns, read by <see cref="IoTotals.Of"/> from any thread.</summary>
    public IoCounters Counters { get; } = new();

    /// <summary>What its commands hold while they go from step to step. On its turn.</summary>
    public IoBufferPool Buffers => _buffers ??= new IoBufferPool();

    private Waker Waker => _owner.Waker;

    /// <summary>A disk has finished a request. Any thread, once for each submission.</summary>
    public void OnCompleted(IoRequest request)
    {
        if (_completed.Push(request))
            Waker.Wake();
    }

    /// <summary>A turn of the task, after its messages.</summary>
    public bool Turn()
    {
        bool worked = TakeQuestions();
        worked |= FinishCompleted();
        if (_isPaused)
        {
            Drain();
        }
        else if (!_isStopped)
        {
            worked |= PostHeld();
            worked |= ServeQueues();
            if (worked)
                BeginWork();
            else if (++_idleTurns % IdleTurnsPerLook == 0)
                Rest(); // where it never sleeps, a false head is found in time all the same
            UpdateInterrupt();
        }
        _latency.EndTurn();
        return worked;
    }

    /// <summary>Arms what the task waits for, <see cref="ReactorTask.PrepareSleep"/>.</summary>
    public bool PrepareSleep()
    {
        if (_isStopped || _isPaused)
            return true;
        Rest();
        // That look may have found the head that takes the pin's level away: nobody else would tell of it. And nothing is
        // held back in a sleep.
        UpdateInterrupt(isLast: true);
        bool canSleep = true;
        if (FollowsHead)
        {
            _completions.Arm(Waker);
            canSleep = _completions.CanSleep;
        }
        else
        {
            _completions.Unfollow();
        }
        foreach (IoQueue queue in _queues)
        {
            if (queue.IsClosed)
                continue;
            queue.Submission.Arm(Waker);
            canSleep &= queue.Submission.CanSleep;
        }
        return canSleep;
    }

    /// <summary>The look after the fence, <see cref="ReactorTask.HasWork"/>.</summary>
    public bool HasWork()
    {
        if (!_completed.IsEmpty || !_asked.IsEmpty)
            return true;
        if (_isStopped || _isPaused)
            return false;
        if (FollowsHead && _completions.HasChanged)
            return true;
        if (_held is not null)
            return _completions.IsMapChanged;
        // Without a request or a completion entry no command can be fetched, whatever the tails say.
        if (_needsRoom || _pool.FreeCount == 0)
            return _completions.FreeEntries > _reserved && _pool.FreeCount > 0;
        foreach (IoQueue queue in _queues)
        {
            if (!queue.IsClosed && queue.Submission.HasChanged)
                return true;
        }
        return false;
    }

    /// <summary>Frees the requests. The reactor knows the task no more.</summary>
    public void Dispose()
    {
        _context.Namespaces.Tasks.Remove(this);
        // It has nothing under way, and no turn any more: nobody is to wait for its answer.
        TakeQuestions();
        _pool.Dispose();
        _buffers?.Dispose();
    }

    /// <summary>What the request has found of the guest's memory in this turn is used after the turn.</summary>
    private void HoldMemory(IoRequest request) => request.Transfer = _owner.HoldMemory();

    private void ReleaseMemory(IoRequest request)
    {
        if (request.Transfer == IoRequest.NoTransfer)
            return;
        _owner.ReleaseMemory(request.Transfer);
        request.Transfer = IoRequest.NoTransfer;
    }

    private bool FollowsHead =>
        !_isHeadClosed && (_needsRoom || (_interrupt.FollowsHead && !_completions.IsEmpty));

    private void BeginWork()
    {
        _idleTurns = 0;
        if (_isBusy)
            return;
        _isBusy = true;
        _context.Busy.Begin();
    }

    /// <summary>Nothing has come for a while.</summary>
    private void Rest()
    {
        LookAtHead();
        if (_reserved == 0)
            EndWork();
    }

    private void EndWork()
    {
        if (!_isBusy)
            return;
        _isBusy = false;
        _context.Busy.End();
    }

    private void UpdateInterrupt(bool isLast = false)
    {
        if (_context.ModeratesInterrupts && (_posted | _moderation.Held) != 0)
            Moderate(isLast);
        else if (_interrupt.FollowsHead && !_completions.IsEmpty)
            LookAtHead();
        int posted = _posted;
        bool atOnce = _mustInterrupt;
        _posted = 0;
        _mustInterrupt = false;
        _interrupt.Update(posted, !_completions.IsEmpty, atOnce);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Moderate(bool isLast)
    {
        LookAtHead();
        bool atOnce = isLast || _mustInterrupt || _interrupt.FollowsHead;
        _posted = _moderation.Take(
            _posted, _completions.Head, _completions.IsEmpty, atOnce, Stopwatch.GetTimestamp());
    }

    private void LookAtHead()
    {
        HeadResult found = _completions.Look();
        if (found == HeadResult.Moved)
            Counters.Doorbells++;
        if (found == HeadResult.InvalidDoorbell)
            _context.Notices.OnInvalidDoorbellValue(_completions.Doorbell.Id);
        _isHeadClosed = found == HeadResult.Closed;
    }
}
