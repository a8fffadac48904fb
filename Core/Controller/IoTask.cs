using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Serves one completion queue and the submission queues tied to it: fetches commands, gives them to disks, posts what
/// became of them, and interrupts once a turn.
/// </summary>
/// <remarks>
/// <para>
/// Everything happens in turns on the task's reactor, but for two things that any thread does: <see cref="OnCompleted"/>
/// lists a request that a disk has finished, and the Post methods list a message. Both then wake the task.
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
internal sealed partial class IoTask : ReactorTask
{
    private const int IdleTurnsPerHeadLook = 256;

    private readonly IoContext _context;
    private readonly CompletionQueue _completions;
    private readonly QueueInterrupt _interrupt;
    private readonly CompletionList<IoRequest> _completed = new();
    private readonly IoRequestPool _pool;
    private readonly IoCommand[] _commands = IoCommandTable.Commands;

    private IoQueue[] _queues = [];
    private int _reserved; // commands under way; each has an entry of the completion queue to itself
    private bool _hasPosted; // since the last interrupt
    private bool _needsRoom; // a command waits that no completion entry is free for
    private bool _isHeadClosed; // a stop will follow
    private bool _isStopped;
    private int _idleTurns;

    /// <summary>A task; <see cref="ReactorTask.Start"/> sets it going.</summary>
    /// <param name="reactor">Runs it for life.</param>
    /// <param name="completions">Its completion queue.</param>
    /// <param name="interrupt">The interrupt of that queue.</param>
    /// <param name="context">What the tasks of the controller share.</param>
    public IoTask(Reactor reactor, CompletionQueue completions, QueueInterrupt interrupt, IoContext context)
        : base(reactor, context.Memory)
    {
        _context = context;
        _completions = completions;
        _interrupt = interrupt;
        _pool = new IoRequestPool(this, context.MaxSegments);
        // A queue whose memory comes back goes on without a ring.
        context.Memory.Subscribe(Waker.Wake);
    }

    /// <summary>The completion queue it serves.</summary>
    public CompletionQueue Completions => _completions;

    /// <summary>What it has done; others read through the properties below.</summary>
    public IoCounters Counters { get; } = new();

    /// <summary>Commands completed. Any thread.</summary>
    public ulong CommandCount => Volatile.Read(ref Counters.Commands);

    /// <summary>Of those, the ones that ended with a status other than success. Any thread.</summary>
    public ulong ErrorCount => Volatile.Read(ref Counters.Errors);

    /// <summary>Bytes read by the guest. Any thread.</summary>
    public ulong BytesRead => Volatile.Read(ref Counters.BytesRead);

    /// <summary>Bytes written by the guest. Any thread.</summary>
    public ulong BytesWritten => Volatile.Read(ref Counters.BytesWritten);

    /// <summary>A disk has finished a request. Any thread, once for each submission.</summary>
    public void OnCompleted(IoRequest request)
    {
        if (_completed.Push(request))
            Waker.Wake();
    }

    /// <inheritdoc/>
    protected override bool Turn()
    {
        bool worked = RunMessages();
        worked |= FinishCompleted();
        if (!_isStopped)
        {
            worked |= PostHeld();
            worked |= ServeQueues();
            if (worked)
                _idleTurns = 0;
            else if (++_idleTurns % IdleTurnsPerHeadLook == 0)
                LookAtHead(); // where it never sleeps, a false head is found in time all the same
            UpdateInterrupt();
        }
        return worked;
    }

    /// <inheritdoc/>
    protected override bool PrepareSleep()
    {
        if (_isStopped)
            return true;
        LookAtHead();
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

    /// <inheritdoc/>
    protected override bool HasWork()
    {
        if (!_messages.IsEmpty || !_completed.IsEmpty)
            return true;
        if (_isStopped)
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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _context.Memory.Unsubscribe(Waker.Wake);
        base.Dispose(disposing);
        _pool.Dispose();
    }

    private bool FollowsHead =>
        !_isHeadClosed && (_needsRoom || (_interrupt.FollowsHead && !_completions.IsEmpty));

    private void UpdateInterrupt()
    {
        if (_interrupt.FollowsHead && !_completions.IsEmpty)
            LookAtHead();
        bool hasPosted = _hasPosted;
        _hasPosted = false;
        _interrupt.Update(hasPosted, !_completions.IsEmpty);
    }

    private void LookAtHead()
    {
        HeadResult found = _completions.Look();
        if (found == HeadResult.InvalidDoorbell)
            _context.Notices.OnInvalidDoorbellValue(_completions.Doorbell.Id);
        _isHeadClosed = found == HeadResult.Closed;
    }
}
