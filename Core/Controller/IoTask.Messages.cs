using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

// What the admin task and embedders ask for. Messages may come from any thread and run in order on the task's reactor;
// each answers by an action, which runs there too and must be short: it posts to whoever asked. No one waits.
internal sealed partial class IoTask
{
    private readonly CompletionList<Message> _messages = new();
    private readonly List<(Namespace Removed, Action Done)> _confirmations = [];
    private Action? _stopped;

    /// <summary>Serve a submission queue too. After a stop this does nothing.</summary>
    /// <param name="queue">Its tail doorbell is open.</param>
    public void PostAddQueue(SubmissionQueue queue) => Post(() => AddQueue(queue));

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

    /// <summary>Tell when a namespace that has been taken out of the table is no longer used here.</summary>
    /// <param name="removed">The namespace.</param>
    /// <param name="done">Called when no disk request of this task for it is in flight, and none can start.</param>
    public void PostConfirmUnused(Namespace removed, Action done) => Post(() => ConfirmUnused(removed, done));

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

    private void AddQueue(SubmissionQueue submission)
    {
        if (_isStopped)
            return;
        _queues = [.. _queues, new IoQueue(submission)];
        long entries = 0;
        foreach (IoQueue queue in _queues)
            entries += queue.Submission.Entries - 1;
        // No more commands can be in flight than completion entries are reserved for.
        _pool.Grow((int)Math.Min(entries, _completions.Entries - 1));
    }

    private void RemoveQueue(ushort id, Action done)
    {
        IoQueue? queue = Array.Find(_queues, queue => queue.Submission.Id == id);
        if (queue is null)
        {
            done();
            return;
        }
        queue.IsClosed = true;
        queue.Submission.Unfollow();
        queue.Removed += done;
        PostHeld();
        DropHeld(queue);
        OnRequestsReturned();
    }

    private void Stop(Action done)
    {
        _stopped += done;
        if (!_isStopped)
        {
            _isStopped = true;
            foreach (IoQueue queue in _queues)
                queue.Submission.Unfollow();
            _completions.Unfollow();
            _interrupt.Close();
            DropHeld(null);
        }
        OnRequestsReturned();
    }

    private void ConfirmUnused(Namespace removed, Action done)
    {
        _confirmations.Add((removed, done));
        OnRequestsReturned();
    }

    /// <summary>Requests have come back, or somebody new waits for that: answers those whose wait is over.</summary>
    private void OnRequestsReturned()
    {
        for (int i = _confirmations.Count - 1; i >= 0; i--)
        {
            (Namespace removed, Action done) = _confirmations[i];
            if (IsUsed(removed))
                continue;
            _confirmations.RemoveAt(i);
            done();
        }
        foreach (IoQueue queue in _queues)
        {
            if (queue.InFlight != 0 || queue.Removed is not { } done)
                continue;
            Remove(queue);
            done();
        }
        if (_isStopped && _reserved == 0 && _stopped is { } stopped)
        {
            _stopped = null;
            stopped();
        }
    }

    // A method of its own: its closure would be made at each look otherwise.
    private void Remove(IoQueue queue)
    {
        queue.Removed = null;
        _queues = Array.FindAll(_queues, other => other != queue);
    }

    private bool IsUsed(Namespace removed)
    {
        foreach (IoRequest request in _pool.All)
        {
            if (request.IsTaken && request.Namespace == removed)
                return true;
        }
        return false;
    }

    private sealed class Message(Action run) : IListed<Message>
    {
        public Message? Link { get; set; }

        public void Run() => run();
    }
}
