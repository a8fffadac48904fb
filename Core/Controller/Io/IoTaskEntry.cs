namespace NvmeDoorbell.Controller;

/// <summary>A queue's task as the admin task knows it. On the admin task's turn.</summary>
internal sealed class IoTaskEntry(QueueTask task)
{
    public QueueTask Task { get; } = task;

    /// <summary>Where it stands in the list of tasks.</summary>
    public int Index { get; set; }

    /// <summary>Submission queues tied to it, those that are being deleted included.</summary>
    public int SubmissionQueues { get; set; }

    /// <summary>It has been told to stop.</summary>
    public bool IsStopping { get; set; }

    /// <summary>What to do when it has gone.</summary>
    public Action? Gone { get; set; }
}
