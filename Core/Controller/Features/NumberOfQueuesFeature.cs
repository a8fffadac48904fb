using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Number of Queues (07h): all queues that there can be are allocated, whatever number is asked for.</summary>
internal sealed class NumberOfQueuesFeature(int maxQueuePairs, QueueCommands queues)
    : Feature(FeatureId.NumberOfQueues)
{
    private const uint NotAllowed = 0xFFFF;

    private readonly uint _allocated = (uint)(maxQueuePairs - 1) << 16 | (uint)(maxQueuePairs - 1);

    public override StatusCode Get(AdminCommand command, bool wantsDefault)
    {
        command.Result = _allocated;
        return StatusCode.Success;
    }

    public override StatusCode Set(AdminCommand command)
    {
        uint requested = command.Entry.Cdw11;
        if ((requested & 0xFFFF) == NotAllowed || requested >> 16 == NotAllowed)
            return StatusCode.InvalidField;
        if (queues.HasCreated)
            return StatusCode.CommandSequenceError;
        command.Result = _allocated;
        return StatusCode.Success;
    }

    public override void Save(StateWriter writer)
    {
    }

    public override Action Read(ref StateReader reader) => static () => { };

    public override void Reset()
    {
    }
}
