using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A submission queue and what its task knows about it. The task's thread only.</summary>
internal sealed class IoQueue(SubmissionQueue submission, QueuePriority priority)
{
    public readonly SubmissionQueue Submission = submission;

    /// <summary>Its class, where classes count.</summary>
    public readonly QueuePriority Priority = priority;

    /// <summary>Commands fetched from it whose completion has not been posted, those of synchronous disks not counted.</summary>
    public int InFlight;

    /// <summary>By what the commands of its newest doorbell value are timed.</summary>
    public LatencySample Noticed;

    /// <summary>Nothing more is fetched: its doorbell is closed, or it is being removed.</summary>
    public bool IsClosed;

    /// <summary>Entries whose commands are aborted, and not fetched yet; null: none ever was.</summary>
    public HashSet<ushort>? Aborted;

    /// <summary>Its memory was gone at the last try; said once until it is back.</summary>
    public bool IsFaulted;

    /// <summary>What to call when the last command has left; null while the queue is not being removed.</summary>
    public Action? Removed;

    /// <summary>The first command of a fused pair, while the second is yet to be fetched.</summary>
    public IoRequest? FusedFirst;

    /// <summary>1 while there is such a first command: in the form in which it is tested with a command's own bits.</summary>
    public uint IsFusing;

    public bool IsRemoving => Removed is not null;
}
