using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>What Create I/O Submission Queue said: all that is kept of a queue until it is used.</summary>
/// <param name="Id">The queue's identifier.</param>
/// <param name="Address">Guest address of entry 0.</param>
/// <param name="Entries">Number of entries.</param>
/// <param name="Tail">The tail doorbell, open.</param>
/// <param name="Priority">Its class under weighted round robin.</param>
internal readonly record struct SubmissionQueueDefinition(
    ushort Id, ulong Address, uint Entries, DoorbellState Tail, QueuePriority Priority = QueuePriority.Urgent)
{
    public SubmissionQueue Create(GuestMemory memory) => new(Id, Address, Entries, memory, Tail);
}
