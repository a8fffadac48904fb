using System.Text.Json;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <content>The I/O tasks behind the queues: start, stop, and what all of them together have done.</content>
internal sealed partial class QueueCommands
{
    // Changed on the admin task's turn, under the lock; read there without it, elsewhere with it.
    private readonly List<IoTaskEntry> _tasks = [];
    private readonly Lock _tasksLock = new();
    private IoTotals _retired;

    /// <summary>What all I/O tasks have done since the controller was created. Any thread.</summary>
    public IoTotals GetTotals()
    {
        lock (_tasksLock)
        {
            IoTotals totals = _retired;
            foreach (IoTaskEntry entry in _tasks)
                totals += entry.Task.Totals;
            return totals;
        }
    }

    /// <summary>Writes every task's queues into an array that the caller has begun. Any thread.</summary>
    public void Inspect(Utf8JsonWriter json)
    {
        lock (_tasksLock)
        {
            foreach (IoTaskEntry entry in _tasks)
                entry.Task.Inspect(json);
        }
    }

    /// <summary>Wakes every I/O task to look again. Any thread.</summary>
    public void WakeAll()
    {
        lock (_tasksLock)
        {
            foreach (IoTaskEntry entry in _tasks)
                entry.Task.Waker.Wake();
        }
    }

    /// <summary>Closes every I/O doorbell, stops every task, and calls back when the last one has gone.</summary>
    public void StopAll(Action done)
    {
        for (int id = 0; id < _completionQueues.Length; id++)
        {
            if (_submissionQueues[id] is not null)
                _context.Doorbells.Close(DoorbellMemory.TailId(id));
            if (_completionQueues[id] is not null)
                _context.Doorbells.Close(DoorbellMemory.HeadId(id));
        }
        Array.Clear(_submissionQueues);
        _leavingSubmissionQueues.Clear();
        Array.Clear(_completionQueues);
        HasCreated = false;
        WhenAll(Stop, done);
    }

    /// <summary>Lets no task fetch any more, and calls back when no disk has a request of any.</summary>
    public void PauseAll(Action drained) => WhenAll(
        (entry, answer) =>
        {
            if (entry.IsStopping)
                entry.Gone += answer;
            else
                entry.Task.PostPause(() => _admin.Post(answer));
        },
        drained);

    /// <summary>Lets every task go on.</summary>
    public void ResumeAll()
    {
        foreach (IoTaskEntry entry in _tasks)
            entry.Task.PostResume();
    }

    /// <summary>
    /// Calls back when no I/O task uses a namespace any more that has been taken out of the table.
    /// </summary>
    public void WhenUnused(Namespace removed, Action done) => WhenAll(
        (entry, unused) =>
        {
            if (entry.IsStopping)
                entry.Gone += unused;
            else
                entry.Task.PostConfirmUnused(removed, () => _admin.Post(unused));
        },
        done);

    /// <summary>Asks the task of a submission queue to abort a command.</summary>
    /// <param name="queueId">The submission queue.</param>
    /// <param name="commandId">The command.</param>
    /// <param name="done">Called on the task's turn: whether it is aborted.</param>
    /// <returns>False: there is no such queue, and nobody is called.</returns>
    public bool TryAbort(ushort queueId, ushort commandId, Action<bool> done)
    {
        if (!IsId(queueId) || _submissionQueues[queueId] is not { } owner)
            return false;
        owner.Task.PostAbort(queueId, commandId, done);
        return true;
    }

    private void WhenAll(Action<IoTaskEntry, Action> ask, Action done)
    {
        int left = _tasks.Count + 1;
        foreach (IoTaskEntry entry in _tasks)
            ask(entry, Answer);
        Answer();

        void Answer()
        {
            if (--left == 0)
                done();
        }
    }

    /// <summary>Makes the task of a completion queue, to be started.</summary>
    private IoTaskEntry MakeTask(in CompletionQueueDefinition queue)
    {
        IReadOnlyList<Reactor> reactors = _context.Options.Reactors;
        var task = new QueueTask(reactors[queue.Id % reactors.Count], queue, _context.Interrupts, Io);
        lock (_tasksLock)
        {
            var entry = new IoTaskEntry(task) { Index = _tasks.Count };
            _tasks.Add(entry);
            _completionQueues[queue.Id] = entry;
            return entry;
        }
    }

    /// <summary>Stops a task, and calls back when no reactor knows it any more.</summary>
    private void Stop(IoTaskEntry entry, Action gone)
    {
        entry.Gone += gone;
        if (entry.IsStopping)
            return;
        entry.IsStopping = true;
        // Its reactor lets go of it a turn after it has been disposed: who frees the reactor next finds it empty.
        entry.Task.Buried = () => _admin.Post(() => OnGone(entry));
        // Disposed on its own reactor, where that waits for nothing, and outside of its turn.
        entry.Task.PostStop(() => entry.Task.Reactor.Post(entry.Task.Dispose));
    }

    private void OnGone(IoTaskEntry entry)
    {
        lock (_tasksLock)
        {
            _retired += entry.Task.Totals;
            IoTaskEntry last = _tasks[^1];
            _tasks[last.Index = entry.Index] = last;
            _tasks.RemoveAt(_tasks.Count - 1);
        }
        entry.Gone?.Invoke();
    }
}
