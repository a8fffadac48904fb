using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;

namespace NvmeDoorbell.Controller;

/// <summary>What Create I/O Completion Queue said: all that is kept of a queue until it is used.</summary>
/// <param name="Id">The queue's identifier.</param>
/// <param name="Address">Guest address of entry 0.</param>
/// <param name="Entries">Number of entries.</param>
/// <param name="Head">The head doorbell, open.</param>
/// <param name="Vector">The interrupt vector.</param>
/// <param name="InterruptsEnabled">Whether posted entries interrupt.</param>
internal readonly record struct CompletionQueueDefinition(
    ushort Id, ulong Address, uint Entries, DoorbellState Head, ushort Vector, bool InterruptsEnabled)
{
    public CompletionQueue Create(GuestMemory memory) =>
        new(Id, Address, Entries, memory, Head, Vector, InterruptsEnabled);
}
