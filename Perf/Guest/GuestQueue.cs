using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// The guest's side of one I/O queue pair: rings tails, looks for completions by their phase, rings heads. Every entry of
/// the submission queue holds a command from the start, so that the guest's side costs next to nothing.
/// </summary>
// SAFETY: both queues lie within guest RAM, which outlives this; heads and tails stay below Entries.
internal sealed unsafe class GuestQueue(DoorbellMemory doorbells, ushort id, nint submission, nint completion)
{
    public const int Entries = 1024;

    private uint _tail;
    private uint _head;
    private bool _phase = true;

    /// <summary>Puts a command into an entry of the submission queue.</summary>
    public void Put(int slot, in SubmissionEntry entry)
        => *(SubmissionEntry*)(submission + ((nint)slot * SubmissionEntry.SizeBytes)) = entry;

    /// <summary>Hands so many commands to the device, by one ring.</summary>
    public void Submit(int count)
    {
        _tail = (_tail + (uint)count) % Entries;
        doorbells.Ring(DoorbellMemory.TailId(id), _tail);
    }

    /// <summary>Takes the completions that are there, up to so many, and rings the head for them.</summary>
    public int Reap(int most)
    {
        var count = 0;
        while (count < most)
        {
            // Acquire: the entry is whole.
            var high = Volatile.Read(ref *(ulong*)(completion + ((nint)_head * CompletionEntry.SizeBytes) + 8));
            if (((high >> 48) & 1) != (_phase ? 1u : 0u)) break;
            if (high >> 49 != 0) throw new InvalidOperationException($"A command failed: status {high >> 49:X}h.");
            if (++_head == Entries)
            {
                _head = 0;
                _phase = !_phase;
            }
            count++;
        }
        if (count != 0) doorbells.Ring(DoorbellMemory.HeadId(id), _head);
        return count;
    }
}
