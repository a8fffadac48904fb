namespace NvmeDoorbell.Storage;

/// <summary>
/// A thread that does for a disk what would hold up a reactor. Requests come in by a lock-free list linked through
/// <see cref="DiskRequest.Next"/>; handing one over allocates nothing.
/// </summary>
/// <remarks>
/// Enqueue pushes on the list and, where it was empty before, sets the event. The thread takes the whole list at once,
/// and waits for the event only after it has found the list empty: a push that its look has missed was a push on an
/// empty list, so that one's Set follows and ends the wait. A Set left over costs one look. Since the list is only ever
/// taken whole, no node that a push has compared against can have left and come back.
/// </remarks>
internal sealed class DiskWorker : IDisposable
{
    private readonly Action<DiskRequest> _run;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private DiskRequest? _incoming;
    private bool _stopping;

    /// <param name="name">Name of the thread.</param>
    /// <param name="run">
    /// Runs a batch: a request, and by <see cref="DiskRequest.Next"/> those that came after it.
    /// </param>
    public DiskWorker(string name, Action<DiskRequest> run)
    {
        _run = run;
        _thread = new Thread(Loop) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The caller is this worker's thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>
    /// Hands a request over. Any thread; every call has returned before <see cref="Dispose"/> is called.
    /// </summary>
    public void Enqueue(DiskRequest request)
    {
        DiskRequest? newest = Volatile.Read(ref _incoming);
        for (; ; )
        {
            request.Next = newest;
            // Release: pairs with the exchange in Loop, which sees the link and the request behind it.
            DiskRequest? seen = Interlocked.CompareExchange(ref _incoming, request, newest);
            if (seen == newest)
                break;
            newest = seen;
        }
        if (newest is null)
            _wake.Set();
    }

    /// <summary>
    /// Ends the thread when the list is empty, and waits for that. Once, and not on the thread itself.
    /// </summary>
    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Loop()
    {
        for (; ; )
        {
            // Before the look at the list: whatever was handed over before Dispose is then found by the look.
            bool stopping = Volatile.Read(ref _stopping);
            DiskRequest? batch = Interlocked.Exchange(ref _incoming, null);
            if (batch is not null)
                _run(OldestFirst(batch));
            else if (stopping)
                return;
            else
                _wake.WaitOne();
        }
    }

    private static DiskRequest OldestFirst(DiskRequest newest)
    {
        DiskRequest oldest = newest;
        DiskRequest? rest = newest.Next;
        newest.Next = null;
        while (rest is not null)
        {
            DiskRequest? older = rest.Next;
            rest.Next = oldest;
            oldest = rest;
            rest = older;
        }
        return oldest;
    }
}
