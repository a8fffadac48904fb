using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>A queue pair of the hostile guest: where it lies, and how far its owner believes to be.</summary>
internal sealed class HostileQueue(int id)
{
    public const int First = HonestDriver.Queues + 1;
    public const int Count = 6;
    public const uint MaxEntries = 256;

    private int _tail;

    public int Id => id;

    public ulong SqAddress => 0x1_0000 + (ulong)(id - First) * 0x6000;

    public ulong CqAddress => SqAddress + MaxEntries * 64;

    /// <summary>Of the queue as it was created last.</summary>
    public uint Entries { get; set; } = 16;

    public ulong DoorbellOffset(bool isHead) => GuestMemory.PageBytes + (ulong)(2 * id + (isHead ? 1 : 0)) * 4;

    /// <summary>The next place in the submission queue; threads that share it may get the same.</summary>
    public uint NextPlace() => (uint)_tail % Entries;

    public uint Advance() => (uint)Interlocked.Increment(ref _tail) % Entries;
}
