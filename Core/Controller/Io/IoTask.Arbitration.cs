using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

// Whose command is next, of the submission queues of this task. Queues of other tasks have turns of their own: under
// weighted round robin the share that a class has of a turn is what weighs tasks of one reactor against each other.
internal sealed partial class IoTask
{
    private readonly int[] _credits = new int[ArbitrationPlan.WeightedClasses];
    private readonly int[] _nextOfClass = new int[1 + ArbitrationPlan.WeightedClasses];

    /// <summary>Serves the queues in turn, a burst each, until none has anything or the turn's share is used.</summary>
    private bool ServeQueues()
    {
        ArbitrationPlan plan = _context.Arbitration;
        _needsRoom = false;
        if (plan.IsWeighted)
            return ServeByWeight(plan);
        return ServeClass(null, ArbitrationPlan.TurnCommands, plan.BurstCommands, ref _nextOfClass[0]) != 0;
    }

    /// <summary>
    /// The urgent queues first, then of each class as many commands as it has left of the round; what a class does not
    /// use it does not keep. A turn ends with the round, at the latest.
    /// </summary>
    private bool ServeByWeight(ArbitrationPlan plan)
    {
        if (!_credits.AsSpan().ContainsAnyExcept(0))
            plan.Shares.CopyTo(_credits);
        int left = ArbitrationPlan.TurnCommands
            - ServeClass(QueuePriority.Urgent, ArbitrationPlan.TurnCommands, plan.BurstCommands, ref _nextOfClass[0]);
        for (int index = 0; index < _credits.Length; index++)
        {
            int most = Math.Min(left, _credits[index]);
            if (most == 0)
                continue;
            int served = ServeClass(
                (QueuePriority)((int)QueuePriority.High + index), most, plan.BurstCommands, ref _nextOfClass[1 + index]);
            left -= served;
            // A class that is held up keeps its credit; one that has nothing more gives it up.
            _credits[index] = served < most && !IsHeldUp ? 0 : _credits[index] - served;
        }
        return left < ArbitrationPlan.TurnCommands;
    }

    /// <summary>Serves the queues of one class in turn, or all of them.</summary>
    /// <returns>How many commands were started.</returns>
    private int ServeClass(QueuePriority? priority, int most, int burst, ref int next)
    {
        IoQueue[] queues = _queues;
        int left = most;
        int idle = 0;
        while (idle < queues.Length && left > 0 && !IsHeldUp)
        {
            if (next >= queues.Length)
                next = 0;
            IoQueue queue = queues[next];
            int served = priority is null || queue.Priority == priority ? ServeBurst(queue, Math.Min(left, burst)) : 0;
            left -= served;
            // Who could not go on for want of room is the first to get it.
            if (IsHeldUp)
                break;
            idle = served == 0 ? idle + 1 : 0;
            next++;
        }
        return most - left;
    }

    /// <summary>No command of any queue can be started now.</summary>
    private bool IsHeldUp => _needsRoom || _pool.FreeCount == 0 || _held is not null;
}
