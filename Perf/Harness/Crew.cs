namespace NvmeDoorbell.Perf.Harness;

/// <summary>Threads that run one action together, again and again, without allocating in between.</summary>
internal sealed class Crew : IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _begin;
    private readonly SemaphoreSlim _end = new(0);
    private readonly int _count;
    private Action<int>? _action;
    private volatile int _missing;
    private bool _stop;

    /// <summary>Starts count threads; of one, the caller's thread does the work.</summary>
    public Crew(int count)
    {
        _count = count;
        _threads = new Thread[count == 1 ? 0 : count];
        _begin = new SemaphoreSlim[_threads.Length];
        for (var i = 0; i < _threads.Length; i++)
        {
            var number = i;
            _begin[i] = new SemaphoreSlim(0);
            _threads[i] = new Thread(() => Work(number)) { IsBackground = true, Name = $"crew {number}" };
            _threads[i].Start();
        }
    }

    /// <summary>Runs action(number) on every thread, begun together; returns when all have ended.</summary>
    public void Run(Action<int> action)
    {
        if (_count == 1)
        {
            action(0);
            return;
        }
        _action = action;
        _missing = _count;
        foreach (var begin in _begin) begin.Release();
        foreach (var _ in _threads) _end.Wait();
    }

    public void Dispose()
    {
        _stop = true;
        foreach (var begin in _begin) begin.Release();
        foreach (var thread in _threads) thread.Join();
        foreach (var begin in _begin) begin.Dispose();
        _end.Dispose();
    }

    private void Work(int number)
    {
        while (true)
        {
            _begin[number].Wait();
            if (_stop) return;
            Interlocked.Decrement(ref _missing);
            while (_missing > 0) Thread.SpinWait(1);
            _action!(number);
            _end.Release();
        }
    }
}
