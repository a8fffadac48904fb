using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <content>The queues as saved state.</content>
internal sealed partial class QueueCommands
{
    /// <summary>Saves the queues of paused tasks. On the admin task's turn.</summary>
    public void Save(StateWriter writer)
    {
        writer.BeginSection(StateSection.Queues);
        writer.Write(HasCreated);
        writer.WriteCount(_tasks.Count);
        foreach (IoTaskEntry entry in _tasks)
            entry.Task.GetState().Save(writer);
        writer.EndSection();
    }

    /// <summary>Reads queues.</summary>
    /// <param name="reader">Of their section.</param>
    /// <param name="isEnabled">The controller may have queues.</param>
    /// <returns>Makes them, each with a paused task. On the admin task's turn.</returns>
    public Action Read(StateReader reader, bool isEnabled)
    {
        bool hasCreated = reader.ReadBoolean();
        var states = new QueueTaskState[reader.ReadCount(MaxQueueId, QueueTaskState.LeastBytes)];
        var completionIds = new HashSet<ushort>();
        var submissionIds = new HashSet<ushort>();
        for (int index = 0; index < states.Length; index++)
        {
            states[index] = QueueTaskState.Read(ref reader, _context);
            bool areNew = completionIds.Add(states[index].Id);
            foreach (SubmissionQueueState queue in states[index].Submissions)
                areNew &= submissionIds.Add(queue.Id);
            reader.Require(areNew, "an identifier is that of two queues");
        }
        reader.Require(isEnabled || (states.Length == 0 && !hasCreated), "there are queues without an admin queue");
        reader.End();
        return () =>
        {
            HasCreated = hasCreated;
            foreach (QueueTaskState state in states)
                Restore(state);
        };
    }

    /// <summary>Saves what all tasks have done, and how long they were busy.</summary>
    public void SaveTotals(StateWriter writer)
    {
        GetTotals().Save(writer);
        writer.Write((ulong)Io.Busy.Total.TotalMilliseconds);
    }

    /// <summary>Reads the same.</summary>
    public Action ReadTotals(ref StateReader reader)
    {
        IoTotals totals = IoTotals.Read(ref reader);
        ulong busyMs = reader.ReadUInt64();
        reader.Require(busyMs <= ControllerCounters.MaxAgeMs, "a controller cannot have been busy for that long");
        return () =>
        {
            lock (_tasksLock)
                _retired = totals;
            Io.Busy.StartAt(TimeSpan.FromMilliseconds(busyMs));
        };
    }

    private void Restore(QueueTaskState state)
    {
        DoorbellState head = _context.Doorbells.Open(DoorbellMemory.HeadId(state.Id), state.Entries, state.Doorbell);
        IoTaskEntry owner = MakeTask(new CompletionQueueDefinition(
            state.Id, state.Address, state.Entries, head, state.Vector, state.InterruptsEnabled));
        SubmissionQueueDefinition[] queues = Array.ConvertAll(state.Submissions, queue => new SubmissionQueueDefinition(
            queue.Id,
            queue.Address,
            queue.Entries,
            _context.Doorbells.Open(DoorbellMemory.TailId(queue.Id), queue.Entries, queue.Doorbell),
            queue.Priority));
        foreach (SubmissionQueueDefinition queue in queues)
            _submissionQueues[queue.Id] = owner;
        owner.SubmissionQueues = queues.Length;
        owner.Task.PostRestore(state, queues);
        owner.Task.Start();
    }
}
