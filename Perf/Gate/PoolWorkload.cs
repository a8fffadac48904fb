using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>The awaitable face, resumed on the thread pool: a thread rings and waits until the follower has seen it.</summary>
internal sealed class PoolWorkload : IWorkload
{
    private readonly DoorbellMemory _memory = new(DoorbellMemory.MinCount);
    private readonly DoorbellState _state;
    private readonly Task _follower;
    private uint _seen;
    private uint _next;

    public PoolWorkload()
    {
        // A worker that the pool adds because the machine is busy is an allocation of the pool's, not of ours.
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMaxThreads(workers, ports);
        _state = _memory.Open(0, DoorbellMemory.MaxLimit);
        _follower = FollowAsync();
    }

    public void Run(long cycles)
    {
        for (var i = 0L; i < cycles; i++)
        {
            _next = (_next + 1) & 0xFFFF;
            _memory.Ring(0, _next);
            var spinner = new SpinWait();
            while (Volatile.Read(ref _seen) != _next) spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _follower.GetAwaiter().GetResult();
    }

    private async Task FollowAsync()
    {
        while (await _state.WaitAsync().ConfigureAwait(false) is { Outcome: DoorbellPoll.Ready } change)
            Volatile.Write(ref _seen, change.Value);
    }
}
