using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>
/// Sleeps through the awaitable face: an asynchronous method awaits, the thread that rings resumes it. One follower for
/// the whole run, so that its state machine is the only thing ever allocated.
/// </summary>
internal sealed class AwaitWorkload : IWorkload
{
    private readonly DoorbellMemory _memory = new(DoorbellMemory.MinCount);
    private readonly DoorbellState _state;
    private readonly Task _follower;
    private long _seen;
    private uint _next;

    public AwaitWorkload()
    {
        _state = _memory.Open(0, DoorbellMemory.MaxLimit);
        _state.ResumeOn = ResumeOn.RingingThread;
        _follower = FollowAsync();
    }

    public void Run(long cycles)
    {
        var before = _seen;
        for (var i = 0L; i < cycles; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            _memory.Ring(0, _next);
            if (_seen != before + i + 1) throw new InvalidOperationException("A wake was lost or doubled.");
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _follower.GetAwaiter().GetResult();
    }

    private async Task FollowAsync()
    {
        while ((await _state.WaitAsync().ConfigureAwait(false)).Outcome == DoorbellPoll.Ready) _seen++;
    }
}
