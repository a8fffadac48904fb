using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Doorbells alone, behind a handle, with the one follower of each.</summary>
internal sealed class DoorbellsObject(int count, int strideExponent, DoorbellBarrier barrier) : NativeObject
{
    // Of a doorbell that was opened: the follower, closed or not.
    private readonly DoorbellState?[] _followers = new DoorbellState?[count];

    public DoorbellMemory Memory { get; } = new(count, strideExponent, barrier);

    public bool Has(uint id) => id < (uint)_followers.Length;

    public void Open(uint id, uint limit) =>
        Volatile.Write(ref _followers[id], Memory.Open((int)id, limit));

    public int Poll(uint id, Waker? waker, out uint value)
    {
        value = 0;
        DoorbellState? follower = Volatile.Read(ref _followers[id]);
        if (follower is null)
            return LastError.Set(Status.Closed, "The doorbell has never been opened.");
        DoorbellPoll poll = waker is null ? follower.TryPoll(out value) : follower.Poll(waker, out value);
        return poll switch
        {
            DoorbellPoll.Ready => Status.Ok,
            DoorbellPoll.Pending => Status.Pending,
            _ => LastError.Set(Status.Closed, "The doorbell is closed."),
        };
    }

    protected override int Release()
    {
        Memory.Dispose();
        return Status.Ok;
    }
}
