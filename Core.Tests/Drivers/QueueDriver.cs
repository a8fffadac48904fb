using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>
/// The guest's side of a submission and a completion queue: what a driver does, by guest RAM and doorbells alone, and
/// what a broken one does. One thread at a time.
/// </summary>
internal sealed class QueueDriver
{
    private readonly GuestMemory _memory;
    private readonly Action<int, uint> _ring;
    private uint _sqTail;
    private uint _cqHead;
    private bool _phase = true;

    /// <param name="memory">The guest's memory.</param>
    /// <param name="ring">Writes a doorbell: its number, its value.</param>
    public QueueDriver(GuestMemory memory, Action<int, uint> ring)
    {
        _memory = memory;
        _ring = ring;
    }

    /// <summary>A driver that rings the doorbells as a vCPU thread does.</summary>
    public QueueDriver(GuestMemory memory, DoorbellMemory doorbells)
        : this(memory, (id, value) => doorbells.Ring(id, value))
    {
    }

    public ushort SqId { get; init; } = 1;

    public ulong SqAddress { get; init; }

    public uint SqEntries { get; init; } = 16;

    public ushort CqId { get; init; } = 1;

    public ulong CqAddress { get; init; }

    public uint CqEntries { get; init; } = 16;

    /// <summary>Where the next entry goes.</summary>
    public uint SqTail => _sqTail;

    /// <summary>Where the next completion will be.</summary>
    public uint CqHead => _cqHead;

    /// <summary>Completions consumed.</summary>
    public ulong Reaped { get; private set; }

    /// <summary>Writes an entry at the tail and moves the tail on, without ringing.</summary>
    public void Put(in SubmissionEntry entry)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in entry));
        if (!_memory.TryWrite(SqAddress + (ulong)_sqTail * SubmissionEntry.SizeBytes, bytes))
            throw new InvalidOperationException("The submission queue is not in guest RAM.");
        _sqTail = (_sqTail + 1) % SqEntries;
    }

    /// <summary>Rings the tail.</summary>
    public void Ring() => RingTail(_sqTail);

    /// <summary>Writes an entry and rings.</summary>
    public void Submit(in SubmissionEntry entry)
    {
        Put(in entry);
        Ring();
    }

    /// <summary>Rings the submission queue's tail doorbell with any value.</summary>
    public void RingTail(uint value) => _ring(DoorbellMemory.TailId(SqId), value);

    /// <summary>Rings the completion queue's head doorbell with any value.</summary>
    public void RingHead(uint value) => _ring(DoorbellMemory.HeadId(CqId), value);

    /// <summary>Rings how far completions have been consumed.</summary>
    public void RingHead() => RingHead(_cqHead);

    /// <summary>Whether a new completion is there; it stays.</summary>
    public bool TryPeek(out CompletionEntry entry) => TryRead(_cqHead, _phase, out entry);

    /// <summary>Consumes the next completion if it is there, without ringing the head.</summary>
    public bool TryReap(out CompletionEntry entry)
    {
        if (!TryPeek(out entry))
            return false;
        Reaped++;
        if (++_cqHead == CqEntries)
        {
            _cqHead = 0;
            _phase = !_phase;
        }
        return true;
    }

    /// <summary>Consumes what there is and rings the head once.</summary>
    public List<CompletionEntry> ReapAll()
    {
        var reaped = new List<CompletionEntry>();
        while (TryReap(out CompletionEntry entry))
            reaped.Add(entry);
        if (reaped.Count > 0)
            RingHead();
        return reaped;
    }

    /// <summary>Waits for a completion, consumes it, and rings the head.</summary>
    public CompletionEntry Await()
    {
        CompletionEntry entry = default;
        Wait.Until(() => TryReap(out entry), "a completion");
        RingHead();
        return entry;
    }

    private bool TryRead(uint index, bool phase, out CompletionEntry entry)
    {
        entry = default;
        ulong address = CqAddress + (ulong)index * CompletionEntry.SizeBytes;
        // The half with the phase tag first: what it announces is there.
        if (!_memory.TryReadUInt64(address + 8, out ulong high) || ((high >> 48) & 1) != (phase ? 1u : 0u))
            return false;
        _memory.TryReadUInt64(address, out ulong low);
        ReadOnlySpan<ulong> halves = [low, high];
        entry = MemoryMarshal.Cast<ulong, CompletionEntry>(halves)[0];
        return true;
    }
}
