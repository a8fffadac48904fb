using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

// Tasks: joining and leaving.
// SAFETY: the reactor cell is pooled and never unmapped.
public sealed unsafe partial class Reactor
{
    /// <summary>How long a task that leaves waits for the reactor's thread.</summary>
    internal TimeSpan LeaveTimeout { get; set; } = TimeSpan.FromSeconds(30);

    private readonly List<MemoryUse> _memoryUses = [];

    private List<ReactorTask> _leaving = [];

    /// <summary>
    /// The use that this reactor makes of a guest's memory: one for all its tasks, because their turns follow one
    /// another. Any thread.
    /// </summary>
    internal GuestMemoryUser JoinMemory(GuestMemory memory)
    {
        lock (_gate)
        {
            MemoryUse? use = _memoryUses.Find(use => use.User.Memory == memory);
            if (use is null)
                _memoryUses.Add(use = new MemoryUse(memory.AddUser()));
            use.Tasks++;
            return use.User;
        }
    }

    /// <summary>A task that has joined uses the memory no more. Any thread.</summary>
    internal void LeaveMemory(GuestMemoryUser user)
    {
        lock (_gate)
        {
            MemoryUse use = _memoryUses.Find(use => use.User == user)!;
            if (--use.Tasks != 0) return;
            _memoryUses.Remove(use);
            user.Dispose();
        }
    }

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
        // Room for all of them at once, now: the day they are all busy together must not allocate.
        int taskCount = Volatile.Read(ref _taskCount);
        _polled.EnsureCapacity(taskCount);
        _drowsy.EnsureCapacity(taskCount);
        _timed.EnsureCapacity(taskCount);
        if (!task.IsRemoved) Poll(task);
    }

    /// <summary>
    /// Takes a task out: no turn of it runs any more once this returns. Any thread; a second time does nothing. From
    /// the reactor's own thread what is left of it goes when the turn under way has ended.
    /// </summary>
    internal void RemoveTask(ReactorTask task)
    {
        if (IsOwnThread)
        {
            Remove(task);
            return;
        }
        Post(() => Remove(task));
        if (!Drive(() => task.IsBuried, LeaveTimeout))
            throw new TimeoutException("The reactor's thread did not let a task go: one of its tasks blocks.");
    }

    private void Remove(ReactorTask task)
    {
        if (task.IsRemoved) return;
        task.IsRemoved = true;
        _leaving.Add(task);
    }

    /// <summary>
    /// Lets removed tasks go, between turns: a turn under way may hold the address of a cell, and a cell that has been
    /// taken from the ready list must not have become someone else's meanwhile.
    /// </summary>
    private void BuryLeaving()
    {
        // Tasks that a turn in TakeReady removes go to the new list, for the next burial: they are not quiesced yet.
        List<ReactorTask> leaving = _leaving;
        _leaving = [];
        // After this no thread is about to push a cell of theirs; it may be on the ready list, so that is taken first.
        foreach (ReactorTask task in leaving) task.Waker.Quiesce();
        TakeReady();
        _polled.RemoveAll(static task => task.IsRemoved);
        foreach (ReactorTask task in leaving)
        {
            lock (_gate)
            {
                uint index = task.Waker.Index;
                _tasks[index] = null;
                _freeIndices.Push(index);
                Volatile.Write(ref _taskCount, _taskCount - 1);
            }
            task.Waker.Dispose();
            task.OnBuried();
        }
    }

    private sealed class MemoryUse(GuestMemoryUser user)
    {
        public GuestMemoryUser User => user;

        /// <summary>How many tasks share it.</summary>
        public int Tasks { get; set; }
    }
}
