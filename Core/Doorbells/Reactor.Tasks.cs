namespace NvmeDoorbell.Doorbells;

// Tasks: joining and leaving.
public sealed unsafe partial class Reactor
{
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Gives a task its number and waker. Any thread.</summary>
    internal Waker AddTask(ReactorTask task)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            uint index = _freeIndices.Count != 0 ? _freeIndices.Pop() : _indexCount++;
            if (index >= _tasks.Length)
            {
                // Copied, not resized in place: the reactor's thread reads the array without the lock.
                var larger = new ReactorTask?[_tasks.Length * 2];
                _tasks.CopyTo(larger, 0);
                Volatile.Write(ref _tasks, larger);
            }
            _tasks[index] = task;
            Volatile.Write(ref _taskCount, _taskCount + 1);
            return Waker.ForReactor(_cell, index);
        }
    }

    /// <summary>The first turn. On the reactor's thread.</summary>
    internal void Admit(ReactorTask task)
    {
        if (!task.IsRemoved) Poll(task);
    }

    /// <summary>Takes a task out, on the reactor's thread, and waits for that. Any thread; a second time does nothing.</summary>
    internal void RemoveTask(ReactorTask task)
    {
        if (IsOwnThread)
        {
            Remove(task);
            return;
        }
        int removed = 0;
        Post(() =>
        {
            Remove(task);
            Volatile.Write(ref removed, 1);
        });
        if (!Drive(() => Volatile.Read(ref removed) != 0, LeaveTimeout))
            throw new TimeoutException("The reactor's thread did not let a task go: one of its tasks blocks.");
    }

    private void Remove(ReactorTask task)
    {
        if (task.IsRemoved) return;
        task.IsRemoved = true;
        task.IsPolled = false;
        _polled.Remove(task);
        // After this no thread is about to push the cell; it may be on the ready list, so that is taken before the cell
        // can become someone else's.
        task.Waker.Quiesce();
        uint index = task.Waker.Cell->Index;
        TakeReady();
        lock (_gate)
        {
            _tasks[index] = null;
            _freeIndices.Push(index);
            Volatile.Write(ref _taskCount, _taskCount - 1);
        }
        task.Waker.Dispose();
    }
}
