namespace NvmeDoorbell.Tests.Storage;

/// <summary>
/// What the watching thread, and each thread that completes requests, has allocated since the last restart.
/// </summary>
internal sealed class AllocationWatch : IDisposable
{
    // By thread: what it had allocated at its last look; the thread's own, so no other thread disturbs the count.
    private readonly ThreadLocal<long> _lastLook = new();
    private long _here = GC.GetAllocatedBytesForCurrentThread();
    private long _byCompletions;

    public long AllocatedHere => GC.GetAllocatedBytesForCurrentThread() - _here;

    /// <summary>By completing threads, between one look and the next on the same thread.</summary>
    public long AllocatedByCompletions => Volatile.Read(ref _byCompletions);

    public void Restart()
    {
        Volatile.Write(ref _byCompletions, 0);
        _here = GC.GetAllocatedBytesForCurrentThread();
    }

    public void Look(TestRequest request)
    {
        long now = GC.GetAllocatedBytesForCurrentThread();
        long last = _lastLook.Value;
        if (last != 0)
            Interlocked.Add(ref _byCompletions, now - last);
        _lastLook.Value = Math.Max(now, 1);
    }

    public void Dispose() => _lastLook.Dispose();
}
