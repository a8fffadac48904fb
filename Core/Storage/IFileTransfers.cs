namespace NvmeDoorbell.Storage;

/// <summary>
/// Moves the data of reads and writes that a reactor must not wait for. What has ended is given to the function that it
/// was made with.
/// </summary>
internal interface IFileTransfers : IDisposable
{
    /// <summary>The caller is a thread of this one.</summary>
    bool IsCurrent { get; }

    /// <summary>
    /// Hands a read or write over; allocates nothing. Any thread; every call has returned, and everything handed over
    /// has ended, before Dispose is called.
    /// </summary>
    void Enqueue(DiskRequest request);
}
