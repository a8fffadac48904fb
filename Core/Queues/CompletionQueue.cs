using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Queues;

/// <summary>
/// The device's side of a completion queue: posts entries with the phase tag, and knows by the checked head doorbell how
/// many more fit. Admin and I/O queues alike.
/// </summary>
/// <remarks>
/// One thread at a time (the task that serves the queue), on its reactor's turn. Nothing here allocates, takes a lock or
/// throws for what a guest does. An entry that the guest has not consumed is never overwritten: who fetches commands
/// reserves an entry for each (<see cref="FreeEntries"/> less what is under way). Source: NVMe Base 2.0, "Common
/// Completion Queue Entry", "Completion Queue y Head Doorbell".
/// </remarks>
public sealed class CompletionQueue
{
    private readonly DoorbellState _doorbell;
    private readonly uint _entries;
    private QueueRing _ring;
    private uint _tail; // next entry to write; below _entries
    private uint _head; // newest head that was found good; below _entries
    private uint _phase = 1; // the phase tag of this pass: 1 or 0

    /// <summary>Makes the device's side of a queue that is empty, at index 0, with phase tag 1.</summary>
    /// <param name="id">The queue's identifier; 0 is the admin queue.</param>
    /// <param name="baseAddress">Guest address of entry 0, page-aligned. It need not be in guest RAM (yet).</param>
    /// <param name="entries">Number of entries, 2 to 65536 (not 0-based).</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="head">The queue's head doorbell, opened with <paramref name="entries"/> as its limit.</param>
    /// <param name="vector">The interrupt vector.</param>
    /// <param name="interruptsEnabled">Whether posted entries interrupt (IEN).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="entries"/> is outside 2 to 65536.</exception>
    public CompletionQueue(
        ushort id,
        ulong baseAddress,
        uint entries,
        GuestMemory memory,
        DoorbellState head,
        int vector,
        bool interruptsEnabled)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries, SubmissionQueue.MinEntries);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, SubmissionQueue.MaxEntries);
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(head);
        Id = id;
        BaseAddress = baseAddress;
        _entries = entries;
        _doorbell = head;
        Vector = vector;
        InterruptsEnabled = interruptsEnabled;
        _ring = new QueueRing(memory, baseAddress, entries, CompletionEntry.SizeBytes, GuestAccess.ReadWrite);
    }

    /// <summary>The queue's identifier.</summary>
    public ushort Id { get; }

    /// <summary>Guest address of entry 0.</summary>
    public ulong BaseAddress { get; }

    /// <summary>Number of entries.</summary>
    public uint Entries => _entries;

    /// <summary>The interrupt vector.</summary>
    public int Vector { get; }

    /// <summary>Whether posted entries interrupt (IEN).</summary>
    public bool InterruptsEnabled { get; }

    /// <summary>The index of the next entry to write.</summary>
    public ushort Tail => (ushort)_tail;

    /// <summary>The newest head that was found good.</summary>
    public ushort Head => (ushort)_head;

    /// <summary>The head doorbell.</summary>
    public DoorbellState Doorbell => _doorbell;

    /// <summary>The phase tag of the entry that is posted next: 1 or 0.</summary>
    internal uint Phase => _phase;

    /// <summary>Goes on where another queue's device has left off; both indices are below <see cref="Entries"/>.</summary>
    internal void StartAt(uint head, uint tail, uint phase) => (_head, _tail, _phase) = (head, tail, phase);

    /// <summary>
    /// Entries that can be posted now, by the head that the last good <see cref="Look"/> found; at most
    /// <see cref="Entries"/> - 1.
    /// </summary>
    public int FreeEntries => (int)(_entries - 1 - _ring.Distance(_head, _tail));

    /// <summary>Whether the memory map has changed since an entry was last posted, or tried to be.</summary>
    internal bool IsMapChanged => _ring.IsMapChanged;

    /// <summary>Whether the guest has consumed all that was posted, by the head that the last good look found.</summary>
    public bool IsEmpty => _head == _tail;

    /// <summary>The look before a sleep: whether <see cref="Look"/> would find another head value.</summary>
    public bool HasChanged => _doorbell.HasChanged;

    /// <summary>False while the guest writes the doorbell without telling anyone: the task must keep looking.</summary>
    public bool CanSleep => _doorbell.CanSleep;

    /// <summary>About to sleep without room: a ring with another value than the one seen last shall wake.</summary>
    /// <param name="waker">The waker of the task that serves the queue.</param>
    public void Arm(Waker waker) => _doorbell.Arm(waker);

    /// <summary>Rings shall not wake the task (any more).</summary>
    public void Unfollow() => _doorbell.Unfollow();

    /// <summary>
    /// Looks at the head doorbell. The value is loaded once and checked: below the number of entries, and not past the
    /// tail, counted from the head accepted before. A false head makes no room.
    /// </summary>
    public HeadResult Look()
    {
        DoorbellPoll poll = _doorbell.TryPoll(out uint value);
        if (poll == DoorbellPoll.Pending)
            return HeadResult.Unchanged;
        if (poll == DoorbellPoll.Closed)
            return HeadResult.Closed;
        if (value >= _entries || _ring.Distance(_head, value) > _ring.Distance(_head, _tail))
            return HeadResult.InvalidDoorbell;
        if (value == _head)
            return HeadResult.Unchanged;
        _head = value;
        return HeadResult.Moved;
    }

    /// <summary>Posts an entry, with the phase tag of this pass.</summary>
    /// <param name="result">Command specific: Dword 0 in bits 31:0, Dword 1 in bits 63:32.</param>
    /// <param name="sqHead">SQ Head Pointer.</param>
    /// <param name="sqId">SQ Identifier.</param>
    /// <param name="commandId">Command Identifier.</param>
    /// <param name="status">The status, <see cref="StatusCode.DoNotRetry"/> included where it applies.</param>
    /// <returns>
    /// False: nothing was written. Either the queue is full by the head seen last (<see cref="FreeEntries"/> is 0), or
    /// its memory is not in guest RAM (any more).
    /// </returns>
    public bool TryPost(ulong result, ushort sqHead, ushort sqId, ushort commandId, StatusCode status)
    {
        uint tail = _tail;
        uint next = _ring.After(tail);
        if (next == _head)
            return false;
        // Dwords 2 and 3: SQHD 15:0, SQID 31:16, CID 47:32, phase tag 48, status 63:49.
        ulong high = sqHead
            | ((ulong)sqId << 16)
            | ((ulong)commandId << 32)
            | ((ulong)_phase << 48)
            | ((ulong)status << 49);
        if (_ring.TryLocate(tail, out nint address))
            QueueRing.CopyIn(address, result, high);
        else if (!_ring.TryWrite(tail, result, high))
            return false;
        _tail = next;
        if (next == 0)
            _phase ^= 1;
        return true;
    }
}
