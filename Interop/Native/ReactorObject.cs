using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A reactor behind a handle. Controllers that use it hold a reference.</summary>
internal sealed class ReactorObject(ReactorOptions options) : NativeObject
{
    private int _runs;

    public Reactor Reactor { get; } = new(options);

    public int Run(TimeSpan timeout)
    {
        if (Reactor.HasOwnThread)
            return LastError.Set(Status.State, "The reactor has a thread of its own.");
        if (Reactor.IsOwnThread)
            return LastError.Set(Status.State, "The reactor is running on this thread already.");
        Interlocked.Increment(ref _runs);
        try
        {
            return Reactor.Run(timeout)
                ? Status.Ok
                : LastError.Set(Status.Busy, "Another thread is running the reactor.");
        }
        finally
        {
            Interlocked.Decrement(ref _runs);
        }
    }

    protected override int MayFree()
    {
        if (Reactor.IsOwnThread)
            return LastError.Set(Status.Thread, "The reactor cannot be freed from its own thread.");
        // A thread that runs a lent reactor is inside for as long as it likes.
        return Volatile.Read(ref _runs) == 0 ? Status.Ok : LastError.Set(Status.Busy, "A thread runs the reactor.");
    }

    protected override int Release()
    {
        Reactor.Dispose();
        return Status.Ok;
    }
}
