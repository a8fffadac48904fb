using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

// What another task needs to go on where this one has been paused.
internal sealed partial class IoTask
{
    /// <summary>Where the paused task's queues stand. On the admin task's turn.</summary>
    public QueueTaskState GetState() => new()
    {
        Id = _completions.Id,
        Address = _completions.BaseAddress,
        Entries = _completions.Entries,
        Vector = (ushort)_completions.Vector,
        InterruptsEnabled = _completions.InterruptsEnabled,
        Doorbell = _completions.Doorbell.Position,
        Head = _completions.Head,
        Tail = _completions.Tail,
        Phase = _completions.Phase,
        Submissions = Array.ConvertAll(_queues, GetState),
        Held = GetHeld(),
    };

    /// <summary>Goes on where another task has been paused, paused as well. Before its first turn.</summary>
    public void Restore(QueueTaskState state, SubmissionQueueDefinition[] queues)
    {
        _isPaused = true;
        _completions.StartAt(state.Head, state.Tail, state.Phase);
        for (int index = 0; index < queues.Length; index++)
        {
            AddQueue(queues[index]);
            Restore(_queues[index], state.Submissions[index]);
        }
        foreach (HeldCompletion held in state.Held)
            Restore(held);
        _isRestored = true;
    }

    private static SubmissionQueueState GetState(IoQueue queue) => new()
    {
        Id = queue.Submission.Id,
        Address = queue.Submission.BaseAddress,
        Entries = queue.Submission.Entries,
        Priority = queue.Priority,
        Doorbell = queue.Submission.Doorbell.Position,
        Head = queue.Submission.Head,
        Tail = queue.Submission.Tail,
        Aborted = GetAborted(queue),
        FusedFirst = queue.FusedFirst?.Entry,
    };

    private static ushort[] GetAborted(IoQueue queue)
    {
        var aborted = new ushort[queue.Aborted?.Count ?? 0];
        queue.Aborted?.CopyTo(aborted);
        return aborted;
    }

    private HeldCompletion[] GetHeld()
    {
        List<HeldCompletion> held = [];
        for (IoRequest? request = _held; request is not null; request = request.Link)
        {
            held.Add(new HeldCompletion(
                request.Queue.Submission.Id, request.Cdw0, request.NamespaceId, request.Lba, request.Ended));
        }
        return [.. held];
    }

    private void Restore(IoQueue queue, SubmissionQueueState state)
    {
        queue.Submission.StartAt(state.Head, state.Tail);
        if (state.FusedFirst is { } first)
            KeepFirst(queue, PeekFor(queue, in first), in first);
        if (state.Aborted.Length > 0)
            queue.Aborted = [.. state.Aborted];
    }

    private void Restore(HeldCompletion held)
    {
        IoQueue queue = Array.Find(_queues, queue => queue.Submission.Id == held.SqId)!;
        IoRequest request = PeekFor(queue, new SubmissionEntry { Cdw0 = held.Cdw0, NamespaceId = held.NamespaceId });
        request.Lba = held.Lba;
        request.Ended = held.Status;
        Take(request);
        AddHeld(request);
    }
}
