namespace NvmeDoorbell.Queues;

/// <summary>What a look at a submission queue found.</summary>
public enum FetchResult
{
    /// <summary>There is an entry (and, from the calls that copy one out, it has been copied and consumed).</summary>
    Fetched,

    /// <summary>Nothing new has been submitted.</summary>
    Empty,

    /// <summary>
    /// The tail doorbell holds a value that the queue cannot have. It is ignored: the queue stays at its last good tail.
    /// Reported once for each such value; the caller raises the event <i>Invalid Doorbell Write Value</i>.
    /// </summary>
    InvalidDoorbell,

    /// <summary>The tail doorbell has been closed: the queue is being deleted, or the controller reset.</summary>
    Closed,

    /// <summary>The queue's own memory is not in guest RAM (any more). Nothing was consumed; a later call tries again.</summary>
    MemoryFault,
}
