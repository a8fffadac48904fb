namespace NvmeDoorbell.Controller;

/// <summary>The I/O tasks of a controller, for who asks all of them. Any thread.</summary>
internal sealed class IoTaskSet
{
    private readonly Lock _lock = new();
    private readonly HashSet<IoTask> _tasks = [];
    private bool _isClosed;

    /// <summary>The controller has ended: no task will be added.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    public void Add(IoTask task)
    {
        lock (_lock)
            _tasks.Add(task);
    }

    /// <summary>Once this returns the task is asked nothing any more; it answers what it has been asked.</summary>
    public void Remove(IoTask task)
    {
        lock (_lock)
            _tasks.Remove(task);
    }

    /// <summary>Lets a section put its question to every task.</summary>
    public void Ask(AtomicSection section)
    {
        lock (_lock)
        {
            foreach (IoTask task in _tasks)
                section.Ask(task);
        }
    }

    public void Close() => Volatile.Write(ref _isClosed, true);
}
