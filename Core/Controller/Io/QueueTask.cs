using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The reactor's task of one completion queue and the submission queues tied to it, and the way by which others reach
/// it.
/// </summary>
/// <remarks>
/// A guest may create 65,535 queue pairs and use eight. Until the first ring a task is no more than what its queues were
/// created with: what serves them, an <see cref="IoTask"/> with its requests and their memory, is made then, once.
/// Messages may come from any thread and run in order on the task's reactor; each answers by an action, which runs there
/// too and must be short: it posts to whoever asked. No one waits.
/// </remarks>
internal sealed partial class QueueTask : ReactorTask
{
    private readonly CompletionList<Message> _messages = new();
    private readonly IoContext _context;
    private readonly InterruptRouter _router;
    private readonly CompletionQueueDefinition _completions;
    private SubmissionQueueDefinition _submissions; // while it is not served; default: there is none
    private IoTask? _served;
    private bool _isStopped;
    private bool _isPaused;

    /// <summary>A task; <see cref="ReactorTask.Start"/> sets it going.</summary>
    /// <param name="reactor">Runs it for life.</param>
    /// <param name="completions">Its completion queue; the head doorbell is open.</param>
    /// <param name="router">Takes the interrupts of that queue.</param>
    /// <param name="context">What the tasks of the controller share.</param>
    public QueueTask(
        Reactor reactor, in CompletionQueueDefinition completions, InterruptRouter router, IoContext context)
        : base(reactor, context.Memory)
    {
        _context = context;
        _router = router;
        _completions = completions;
    }

    /// <summary>Its completion queue, once it is served.</summary>
    public CompletionQueue? Completions => Volatile.Read(ref _served)?.Completions;

    /// <summary>What it has done. Any thread.</summary>
    public IoTotals Totals => Volatile.Read(ref _served) is { } served ? IoTotals.Of(served.Counters) : default;

    /// <summary>Serve a submission queue too. After a stop this does nothing.</summary>
    /// <param name="queue">Its tail doorbell is open.</param>
    public void PostAddQueue(SubmissionQueueDefinition queue) => Post(() => AddQueue(queue));

    /// <summary>
    /// Serve a submission queue no longer. Nothing more is fetched from it; commands under way are completed as they
    /// end (of those that have steps left, with Command Aborted due to SQ Deletion).
    /// </summary>
    /// <param name="id">Its identifier. One that is not served is taken as removed.</param>
    /// <param name="done">Called when no command of it is in flight or unposted.</param>
    public void PostRemoveQueue(ushort id, Action done) => Post(() => RemoveQueue(id, done));

    /// <summary>Stop for good: nothing is fetched or posted from now on.</summary>
    /// <param name="done">Called when no disk has a request of this task any more; it may then be disposed.</param>
    public void PostStop(Action done) => Post(() => Stop(done));

    /// <summary>Fetch nothing more, until <see cref="PostResume"/>.</summary>
    /// <param name="drained">Called when no disk has a request of this task; not once it has been resumed.</param>
    public void PostPause(Action drained) => Post(() => Pause(drained));

    /// <summary>Go on after a pause.</summary>
    public void PostResume() => Post(() =>
    {
        _isPaused = false;
        _served?.Resume();
    });

    /// <summary>Tell when a namespace that has been taken out of the table is no longer used here.</summary>
    /// <param name="removed">The namespace.</param>
    /// <param name="done">Called when no disk request of this task for it is in flight, and none can start.</param>
    public void PostConfirmUnused(Namespace removed, Action done) => Post(() =>
    {
        if (_served is { } served)
            served.ConfirmUnused(removed, done);
        else
            done();
    });

    /// <summary>Abort a command, if it has not been given for good to a disk.</summary>
    /// <param name="queueId">Its submission queue.</param>
    /// <param name="commandId">Its identifier.</param>
    /// <param name="done">Told whether it ends, or has ended, as aborted; not after a stop.</param>
    public void PostAbort(ushort queueId, ushort commandId, Action<bool> done) => Post(() =>
    {
        if (_served is { } served)
            served.Abort(queueId, commandId, done);
        else
            done(false);
    });

    /// <summary>A transfer with host addresses of this turn goes on after it.</summary>
    public int HoldMemory() => BeginTransfer();

    /// <summary>Ends what <see cref="HoldMemory"/> began.</summary>
    public void ReleaseMemory(int transfer) => EndTransfer(transfer);

    /// <inheritdoc/>
    protected override bool Turn()
    {
        bool worked = RunMessages();
        if (_served is null && !IsRung)
            return worked;
        return (_served ?? Serve()).Turn() | worked;
    }

    /// <inheritdoc/>
    protected override bool PrepareSleep()
    {
        if (_served is { } served)
            return served.PrepareSleep();
        // A head that is rung before anything has been posted is looked at when the queue is served.
        if (FollowedTail is not { } tail)
            return true;
        tail.Arm(Waker);
        return tail.CanSleep;
    }

    /// <inheritdoc/>
    protected override bool HasWork() =>
        !_messages.IsEmpty
        || (_served is { } served
            ? served.HasWork()
            : FollowedTail is { } tail && tail.HasChanged && !tail.IsClosed);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _served?.Dispose();
    }

    /// <summary>The tail that the queue is to be served for; null: there is none, or it has to wait.</summary>
    private DoorbellState? FollowedTail => _isStopped || _isPaused ? null : _submissions.Tail;

    private bool IsRung => FollowedTail is { } tail && tail.HasNews && !tail.IsClosed;

    private void Post(Action run)
    {
        if (_messages.Push(new Message(run)))
            Waker.Wake();
    }

    private bool RunMessages()
    {
        Message? message = _messages.TakeAll();
        if (message is null)
            return false;
        for (; message is not null; message = message.Link)
            message.Run();
        return true;
    }

    private IoTask Serve()
    {
        var interrupt = new QueueInterrupt(
            _router, _completions.Vector, _completions.InterruptsEnabled, timed: this);
        var served = new IoTask(this, _completions.Create(_context.Memory), interrupt, _context);
        if (_submissions.Tail is not null)
            served.AddQueue(_submissions);
        _submissions = default;
        Volatile.Write(ref _served, served);
        return served;
    }

    private void AddQueue(in SubmissionQueueDefinition queue)
    {
        if (_isStopped)
            return;
        if (_served is null && _submissions.Tail is null)
            _submissions = queue;
        else
            (_served ?? Serve()).AddQueue(queue);
    }

    private void RemoveQueue(ushort id, Action done)
    {
        if (_served is { } served)
        {
            served.RemoveQueue(id, done);
            return;
        }
        if (_submissions.Id == id)
            Forget();
        done();
    }

    private void Pause(Action drained)
    {
        _isPaused = true;
        if (_served is { } served)
        {
            served.Pause(drained);
            return;
        }
        _submissions.Tail?.Unfollow();
        drained();
    }

    private void Stop(Action done)
    {
        _isStopped = true;
        if (_served is { } served)
        {
            served.Stop(done);
            return;
        }
        Forget();
        done();
    }

    private void Forget()
    {
        _submissions.Tail?.Unfollow();
        _submissions = default;
    }

    private sealed class Message(Action run) : IListed<Message>
    {
        public Message? Link { get; set; }

        public void Run() => run();
    }
}
