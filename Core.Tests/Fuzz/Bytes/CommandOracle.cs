using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>Follows the commands of one queue: each one completes once, and nothing else does.</summary>
internal sealed class CommandOracle
{
    private readonly HashSet<ushort> _inFlight = [];
    private bool _isOrderly;
    private ushort _nextId;

    /// <summary>Nothing is under way.</summary>
    /// <param name="isOrderly">False: completions may fail to come, or be of others' commands.</param>
    public void Begin(bool isOrderly)
    {
        _isOrderly = isOrderly;
        _nextId = 0;
        _inFlight.Clear();
    }

    /// <summary>Submits a command, and waits for its end if it has one.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="entry">The command; its identifier is replaced.</param>
    /// <param name="answers">False for commands that complete when something happens.</param>
    /// <returns>Whether it has completed with success.</returns>
    public bool Execute(ByteMachine machine, QueueDriver queue, SubmissionEntry entry, bool answers)
    {
        ushort id = _nextId++;
        queue.Submit(entry with { CommandId = id });
        if (!_isOrderly)
        {
            machine.Turn(2);
            queue.ReapAll();
            return true;
        }
        _inFlight.Add(id);
        bool isDone = false;
        StatusCode status = default;
        void Reap()
        {
            while (queue.TryReap(out CompletionEntry completion))
            {
                if (completion.SqId != queue.SqId)
                    continue; // of a queue that the input has created, with this one for its completions
                if (!_inFlight.Remove(completion.CommandId))
                    throw new OracleException($"command {completion.CommandId} of queue {queue.SqId} is not in flight, and has completed");
                if (completion.CommandId == id)
                    (isDone, status) = (true, completion.Status);
            }
            queue.RingHead();
        }
        machine.Turn(2);
        Reap();
        if (answers && !isDone)
        {
            machine.Wait(() =>
            {
                Reap();
                return isDone;
            }, $"completion of command {id}, opcode {entry.Opcode:X}h, of queue {queue.SqId}");
        }
        return isDone && status == StatusCode.Success;
    }
}
