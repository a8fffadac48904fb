using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

// What the messages of QueueTask ask for.
internal sealed partial class IoTask
{
    private readonly List<(Namespace Removed, Action Done)> _confirmations = [];
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
    /// Aborts a command that waits in its queue, or that has steps left. One that a disk has as a whole goes on.
    /// </summary>
    public bool TryAbort(ushort queueId, ushort commandId)
    {
        if (_isStopped || Array.Find(_queues, queue => queue.Submission.Id == queueId) is not { } queue)
            return false;
        foreach (IoRequest request in _pool.All)
        {
            if (!request.IsTaken || request.Queue != queue || request.CommandId != commandId)
                continue;
            // An ended one waits only for its completion's place.
            request.IsAborted |= request.IsInFlight && request.Command.HasStepsLeft(request);
            return request.IsAborted;
        }
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
        }
        OnRequestsReturned();
    }

    public void ConfirmUnused(Namespace removed, Action done)
    {
        _confirmations.Add((removed, done));
        OnRequestsReturned();
    }

    /// <summary>Requests have come back, or somebody new waits for that: answers those whose wait is over.</summary>
    private void OnRequestsReturned()
    {
        AnswerQuestions();
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
}
