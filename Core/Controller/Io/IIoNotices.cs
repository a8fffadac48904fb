namespace NvmeDoorbell.Controller;

/// <summary>What I/O tasks report to the controller. Any thread; nothing here blocks for long or throws.</summary>
internal interface IIoNotices
{
    /// <summary>A queue has found a value in its doorbell that it cannot have, and ignores it.</summary>
    /// <param name="doorbellId">2y for the tail of submission queue y, 2y + 1 for the head of completion queue
    /// y.</param>
    void OnInvalidDoorbellValue(int doorbellId);

    /// <summary>
    /// The memory that a queue itself lies in is not in guest RAM. It is served again, with nothing lost, once it is.
    /// </summary>
    /// <param name="doorbellId">2y for submission queue y, 2y + 1 for completion queue y.</param>
    void OnQueueMemoryFault(int doorbellId)
    {
    }

    /// <summary>
    /// A command has ended with a status other than success: it gets an entry in the error information log.
    /// </summary>
    /// <param name="error">The entry.</param>
    void OnCommandFailed(in ErrorEntry error);
}
