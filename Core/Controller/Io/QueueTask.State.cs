namespace NvmeDoorbell.Controller;

// What another task needs to go on where this one has been paused.
internal sealed partial class QueueTask
{
    /// <summary>Where the paused task's queues stand. On the admin task's turn.</summary>
    public QueueTaskState GetState() => _served is { } served ? served.GetState() : new QueueTaskState
    {
        Id = _completions.Id,
        Address = _completions.Address,
        Entries = _completions.Entries,
        Vector = _completions.Vector,
        InterruptsEnabled = _completions.InterruptsEnabled,
        Doorbell = _completions.Head.Position,
        Submissions = _submissions.Tail is not { } tail ? [] :
        [
            new SubmissionQueueState
            {
                Id = _submissions.Id,
                Address = _submissions.Address,
                Entries = _submissions.Entries,
                Priority = _submissions.Priority,
                Doorbell = tail.Position,
            },
        ],
    };

    /// <summary>Go on where another task has been paused, and be paused as well. Before the start.</summary>
    /// <param name="state">Where that one's queues stand.</param>
    /// <param name="queues">Its submission queues, in the order of the state.</param>
    public void PostRestore(QueueTaskState state, SubmissionQueueDefinition[] queues) => Post(() =>
    {
        _isPaused = true;
        if (!state.IsUntouched)
            Serve().Restore(state, queues);
        else if (queues.Length > 0)
            _submissions = queues[0];
    });
}
