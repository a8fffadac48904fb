namespace NvmeDoorbell.Queues;

/// <summary>What a look at a completion queue's head doorbell found.</summary>
public enum HeadResult
{
    /// <summary>The head has not moved since the last look.</summary>
    Unchanged,

    /// <summary>The guest has consumed entries; <see cref="CompletionQueue.FreeEntries"/> has grown.</summary>
    Moved,

    /// <summary>
    /// The head doorbell holds a value that the queue cannot have. It is ignored: no room is made by it. Reported once
    /// for each such value; the caller raises the event <i>Invalid Doorbell Write Value</i>.
    /// </summary>
    InvalidDoorbell,

    /// <summary>The head doorbell has been closed: the queue is being deleted, or the controller reset.</summary>
    Closed,
}
