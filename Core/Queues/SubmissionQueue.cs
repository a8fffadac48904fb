using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Queues;

/// <summary>
/// The device's side of a submission queue: follows the tail doorbell, checks what the guest wrote there, and copies
/// entries out of guest RAM. Admin and I/O queues alike.
/// </summary>
/// <remarks>
/// One thread at a time (the task that serves the queue), on its reactor's turn. Nothing here allocates, takes a lock or
/// throws for what a guest does. Source: NVMe Base 2.0, "Queue Definition", "Submission Queue y Tail Doorbell".
/// </remarks>
public sealed class SubmissionQueue
{
    /// <summary>The fewest entries a queue can have.</summary>
    public const uint MinEntries = 2;

    /// <summary>The most entries a queue can have.</summary>
    public const uint MaxEntries = 65536;

    private readonly DoorbellState _doorbell;
    private readonly uint _entries;
    private QueueRing _ring;
    private uint _head; // next entry to fetch; below _entries
    private uint _tail; // newest tail that was found good; below _entries
    private bool _faulted; // the last try to reach an entry failed, under the memory map that the ring knows

    /// <summary>Makes the device's side of a queue that is empty, at index 0.</summary>
    /// <param name="id">The queue's identifier; 0 is the admin queue.</param>
    /// <param name="baseAddress">Guest address of entry 0, page-aligned. It need not be in guest RAM (yet).</param>
    /// <param name="entries">Number of entries, 2 to 65536 (not 0-based).</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="tail">The queue's tail doorbell, opened with <paramref name="entries"/> as its limit.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="entries"/> is outside 2 to 65536.</exception>
    public SubmissionQueue(ushort id, ulong baseAddress, uint entries, GuestMemory memory, DoorbellState tail)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries, MinEntries);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, MaxEntries);
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(tail);
        Id = id;
        BaseAddress = baseAddress;
        _entries = entries;
        _doorbell = tail;
        _ring = new QueueRing(memory, baseAddress, entries, SubmissionEntry.SizeBytes, GuestAccess.ReadOnly);
    }

    /// <summary>The queue's identifier.</summary>
    public ushort Id { get; }

    /// <summary>Guest address of entry 0.</summary>
    public ulong BaseAddress { get; }

    /// <summary>Number of entries.</summary>
    public uint Entries => _entries;

    /// <summary>The index of the next entry to fetch: what completion entries carry as SQ Head Pointer.</summary>
    public ushort Head => (ushort)_head;

    /// <summary>The newest tail that was found good.</summary>
    public ushort Tail => (ushort)_tail;

    /// <summary>The tail doorbell.</summary>
    public DoorbellState Doorbell => _doorbell;

    /// <summary>Goes on where another queue's device has left off; both indices are below <see cref="Entries"/>.</summary>
    internal void StartAt(uint head, uint tail) => (_head, _tail) = (head, tail);

    /// <summary>
    /// The look before a sleep: whether <see cref="TryFetch"/> could find more than <see cref="FetchResult.Empty"/>. An
    /// entry whose memory is gone does not count until the memory map changes.
    /// </summary>
    public bool HasChanged => _doorbell.HasChanged || (_head != _tail && (!_faulted || _ring.IsMapChanged));

    /// <summary>False while the guest writes the doorbell without telling anyone: the task must keep looking.</summary>
    public bool CanSleep => _doorbell.CanSleep;

    /// <summary>About to sleep: a ring with another value than the one seen last shall wake.</summary>
    /// <param name="waker">The waker of the task that serves the queue.</param>
    public void Arm(Waker waker) => _doorbell.Arm(waker);

    /// <summary>Rings shall not wake the task (any more).</summary>
    public void Unfollow() => _doorbell.Unfollow();

    /// <summary>
    /// Looks at the tail doorbell, without fetching. The value is loaded once (acquire: entries are read after it) and
    /// checked: below the number of entries, and at or past the tail accepted before, counted from the head.
    /// </summary>
    /// <returns>
    /// <see cref="FetchResult.Fetched"/> when there are entries to take, else why not; never
    /// <see cref="FetchResult.MemoryFault"/>.
    /// </returns>
    public FetchResult Look()
    {
        DoorbellPoll poll = _doorbell.TryPoll(out uint value);
        if (poll == DoorbellPoll.Ready)
        {
            if (value >= _entries || _ring.Distance(_head, value) < _ring.Distance(_head, _tail))
                return FetchResult.InvalidDoorbell;
            _tail = value;
        }
        else if (poll == DoorbellPoll.Closed)
        {
            return FetchResult.Closed;
        }
        return _head == _tail ? FetchResult.Empty : FetchResult.Fetched;
    }

    /// <summary>
    /// Copies the next entry that an earlier <see cref="Look"/> found, without another look at the doorbell: for taking
    /// a burst with one access to the cell that the guest writes.
    /// </summary>
    /// <param name="entry">The entry; a copy, so that the guest cannot change what has been checked.</param>
    /// <returns>
    /// <see cref="FetchResult.Fetched"/>, <see cref="FetchResult.Empty"/> or <see cref="FetchResult.MemoryFault"/>.
    /// </returns>
    public FetchResult TryTake(out SubmissionEntry entry)
    {
        uint head = _head;
        if (head == _tail)
        {
            entry = default;
            return FetchResult.Empty;
        }
        if (_ring.TryLocate(head, out nint address))
        {
            QueueRing.CopyOut(address, out entry);
        }
        else if (!_ring.TryRead(head, out entry))
        {
            _faulted = true;
            return FetchResult.MemoryFault;
        }
        _faulted = false;
        _head = _ring.After(head);
        return FetchResult.Fetched;
    }

    /// <summary>
    /// Finds a command among the entries that an earlier <see cref="Look"/> found and that have not been taken. What the
    /// guest writes to the entry meanwhile, or later, does not matter to who takes it.
    /// </summary>
    /// <param name="commandId">Its identifier.</param>
    /// <param name="index">The index of its entry.</param>
    internal bool TryFind(ushort commandId, out ushort index)
    {
        for (uint at = _head; at != _tail; at = _ring.After(at))
        {
            index = (ushort)at;
            if (!_ring.TryLocate(at, out nint address))
                return false;
            QueueRing.CopyOut(address, out SubmissionEntry entry);
            if (entry.CommandId == commandId)
                return true;
        }
        index = 0;
        return false;
    }

    /// <summary>Looks at the tail doorbell and takes the next entry.</summary>
    /// <param name="entry">The entry, when the result is <see cref="FetchResult.Fetched"/>.</param>
    /// <returns>Any <see cref="FetchResult"/>.</returns>
    public FetchResult TryFetch(out SubmissionEntry entry)
    {
        FetchResult found = Look();
        if (found == FetchResult.Fetched)
            return TryTake(out entry);
        entry = default;
        return found;
    }
}
