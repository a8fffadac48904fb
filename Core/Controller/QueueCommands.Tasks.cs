using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <content>The I/O tasks behind the queues: start, stop, and what all of them together have done.</content>
internal sealed partial class QueueCommands
{
    private readonly Lock _totalsLock = new();
    private IoTaskEntry[] _tasks = [];
    private IoTotals _retired;

    /// <summary>What all I/O tasks have done since the controller was created. Any thread.</summary>
    public IoTotals GetTotals()
    {
        lock (_totalsLock)
        {
            IoTotals totals = _retired;
            foreach (IoTaskEntry entry in _tasks)
                totals += IoTotals.Of(entry.Task);
            return totals;
        }
    }

    /// <summary>Wakes every I/O task to look again. Any thread.</summary>
    public void WakeAll()
    {
        foreach (IoTaskEntry entry in Volatile.Read(ref _tasks))
            entry.Task.Waker.Wake();
    }

    /// <summary>Closes every I/O doorbell, stops every task, and calls back when the last one has gone.</summary>
    public void StopAll(Action done)
    {
        foreach (ushort id in _submissionQueues.Keys)
            _context.Doorbells.Close(DoorbellMemory.TailId(id));
        foreach (ushort id in _completionQueues.Keys)
            _context.Doorbells.Close(DoorbellMemory.HeadId(id));
        _submissionQueues.Clear();
        _leavingSubmissionQueues.Clear();
        _completionQueues.Clear();
        HasCreated = false;
        WhenAll(_tasks, Stop, done);
    }

    /// <summary>
    /// Calls back when no I/O task uses a namespace any more that has been taken out of the table.
    /// </summary>
    public void WhenUnused(Namespace removed, Action done) => WhenAll(
        _tasks,
        (entry, unused) =>
        {
            if (entry.IsStopping)
                entry.Gone += unused;
            else
                entry.Task.PostConfirmUnused(removed, () => _admin.Post(unused));
        },
        done);

    private static void WhenAll(IoTaskEntry[] entries, Action<IoTaskEntry, Action> ask, Action done)
    {
        int left = entries.Length + 1;
        foreach (IoTaskEntry entry in entries)
            ask(entry, Answer);
        Answer();

        void Answer()
        {
            if (--left == 0)
                done();
        }
    }

    private IoTaskEntry AddTask(IoTask task)
    {
        var entry = new IoTaskEntry(task);
        lock (_totalsLock)
            Volatile.Write(ref _tasks, [.. _tasks, entry]);
        return entry;
    }

    /// <summary>Stops a task, and calls back when no reactor knows it any more.</summary>
    private void Stop(IoTaskEntry entry, Action gone)
    {
        entry.Gone += gone;
        if (entry.IsStopping)
            return;
        entry.IsStopping = true;
        // Disposed on its own reactor, where that waits for nothing, and outside of its turn.
        entry.Task.PostStop(() => entry.Task.Reactor.Post(() =>
        {
            entry.Task.Dispose();
            _admin.Post(() => OnGone(entry));
        }));
    }

    private void OnGone(IoTaskEntry entry)
    {
        lock (_totalsLock)
        {
            _retired += IoTotals.Of(entry.Task);
            Volatile.Write(ref _tasks, Array.FindAll(_tasks, other => other != entry));
        }
        entry.Gone?.Invoke();
    }
}
