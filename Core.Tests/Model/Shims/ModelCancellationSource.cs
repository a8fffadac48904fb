using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Shims;

/// <summary>
/// Stands for System.Threading.CancellationTokenSource, and keeps its promises: callbacks run on the thread that cancels;
/// disposing a registration takes the callback out, or waits until it has ended if another thread is running it.
/// </summary>
public sealed class ModelCancellationSource
{
    private readonly List<(int Id, Action<object?> Callback, object? State)> _callbacks = [];
    private int _canceled;
    private int _executing;
    private int _executingThread;
    private int _lastId;

    public ModelCancellationToken Token => new(this);

    public bool IsCancellationRequested => Volatile.Read(ref _canceled) != 0;

    public void Cancel()
    {
        if (Interlocked.Exchange(ref _canceled, 1) != 0)
            return;
        while (true)
        {
            (int id, Action<object?> callback, object? state) = (0, static _ => { }, (object?)null);
            lock (_callbacks)
            {
                if (_callbacks.Count == 0)
                    return;
                (id, callback, state) = _callbacks[^1];
                _callbacks.RemoveAt(_callbacks.Count - 1);
                Volatile.Write(ref _executingThread, World.Current.RunningThreadId);
                Volatile.Write(ref _executing, id);
            }

            callback(state);
            Volatile.Write(ref _executing, 0);
        }
    }

    public int Register(Action<object?> callback, object? state)
    {
        lock (_callbacks)
        {
            if (Volatile.Read(ref _canceled) == 0)
            {
                _callbacks.Add((++_lastId, callback, state));
                return _lastId;
            }
        }

        callback(state);
        return 0;
    }

    public void Unregister(int id)
    {
        lock (_callbacks)
        {
            if (_callbacks.RemoveAll(entry => entry.Id == id) != 0)
                return;
        }

        ModelSpinWait spinner = default;
        while (Volatile.Read(ref _executing) == id && Volatile.Read(ref _executingThread) != World.Current.RunningThreadId)
            spinner.SpinOnce();
    }
}
