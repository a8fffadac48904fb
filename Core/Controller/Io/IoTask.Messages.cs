using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

// What the messages of QueueTask ask for.
internal sealed partial class IoTask
{
    private readonly WaitList _confirmations = new();
    private Action? _stopped;

    public void AddQueue(in SubmissionQueueDefinition queue)
    {
        _queues = [.. _queues, new IoQueue(queue.Create(_context.Memory), queue.Priority)];
        long entries = 0;
        foreach (IoQueue served in _queues)
            entries += served.Submission.Entries - 1;
        // No more commands can be in flight than completion entries are reserved for.
        _pool.Grow((int)Math.Min(entries, _completions.Entries - 1));
    }

    public void RemoveQueue(ushort id, Action done)
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
        if (TakeFusedFirst(queue) is { } first)
            End(first, StatusCode.AbortedSqDeletion);
        PostHeld();
        DropHeld(queue);
        OnRequestsReturned();
    }

    /// <summary>
    /// Aborts a command that waits, or that has steps left. One that a disk has as a whole goes on, unless the disk gives
    /// it up.
    /// </summary>
    /// <param name="queueId">Its submission queue.</param>
    /// <param name="commandId">Its identifier.</param>
    /// <param name="done">Told whether it ends, or has ended, as aborted; at once, but for what a disk gives up.</param>
    public void Abort(ushort queueId, ushort commandId, Action<bool> done)
    {
        IoQueue? queue = _isStopped ? null : Array.Find(_queues, queue => queue.Submission.Id == queueId);
        IoRequest? request = queue is null ? null : Find(queue, commandId);
        if (request is null)
            done(queue is not null && TryAbortWaiting(queue, commandId));
        else if (IsAbortable(request))
            done(TryAbort(request));
        else if (!request.TryCancel())
            done(false);
        else
            request.Aborting += done;
    }

    private IoRequest? Find(IoQueue queue, ushort commandId)
    {
        foreach (IoRequest request in _pool.All)
        {
            if (request.IsTaken && request.Queue == queue && request.CommandId == commandId)
                return request;
        }
        return null;
    }

    /// <summary>Whether a command ends before it goes to a disk, or to it once more. A fused pair ends as a whole.</summary>
    private static bool IsAbortable(IoRequest request) =>
        request.Queue.FusedFirst == request
        || request.Command.HasStepsLeft(request)
        || (request.Command.CanEndWhileParked && !request.IsInFlight && request.Namespace is null);

    private bool TryAbort(IoRequest request)
    {
        if (IsHeld(request))
            return false; // it has ended, and waits only for its completion's place
        if (request.Queue.FusedFirst == request)
        {
            End(TakeFusedFirst(request.Queue)!, StatusCode.AbortRequested);
            OnRequestsReturned();
            return true;
        }
        request.IsAborted = true;
        request.TryCancel();
        return true;
    }

    private bool TryAbortWaiting(IoQueue queue, ushort commandId)
    {
        if (queue.IsClosed)
            return false;
        // While there is no room, or no request, nobody has looked what has been submitted.
        FetchResult found = queue.Submission.Look();
        if (found != FetchResult.Fetched && !IsWorthTaking(queue, found))
            return false;
        if (!queue.Submission.TryFind(commandId, out ushort index))
            return false;
        queue.Aborted ??= [];
        queue.Aborted.Add(index);
        return true;
    }

    public void Stop(Action done)
    {
        _stopped += done;
        if (!_isStopped)
        {
            _isStopped = true;
            _stopped += _drained;
            Resume();
            foreach (IoQueue queue in _queues)
            {
                queue.Submission.Unfollow();
                if (TakeFusedFirst(queue) is { } first)
                    Drop(first);
            }
            _completions.Unfollow();
            _interrupt.Close();
            EndWork();
            DropHeld(null);
            foreach (IoRequest request in _pool.All)
            {
                if (request.IsTaken)
                    request.TryCancel();
            }
        }
        OnRequestsReturned();
    }

    public void ConfirmUnused(Namespace removed, Action done)
    {
        if (removed.IsFenced)
            Fence(removed);
        _confirmations.Add(() => !IsUsed(removed), done);
        OnRequestsReturned();
    }

    /// <summary>No further step is taken on it, and its disk is asked to give up those that are under way.</summary>
    private void Fence(Namespace fenced)
    {
        foreach (IoRequest request in _pool.All)
        {
            if (!request.IsTaken || request.Namespace != fenced || IsHeld(request))
                continue;
            request.IsAborted |= request.Command.HasStepsLeft(request);
            request.TryCancel();
        }
    }

    /// <summary>Requests have come back, or somebody new waits for that: answers those whose wait is over.</summary>
    private void OnRequestsReturned()
    {
        AnswerQuestions();
        _confirmations.Look();
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
}
