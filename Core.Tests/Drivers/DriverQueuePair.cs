using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>The host's side of a submission queue and its completion queue. One thread.</summary>
internal sealed class DriverQueuePair(
    ControllerDriver driver,
    int submissionId,
    int completionId,
    ulong submissionAddress,
    int submissionEntries,
    ulong completionAddress,
    int completionEntries)
{
    private readonly Dictionary<ushort, CompletionEntry> _reaped = [];
    private int _tail;
    private int _head;
    private bool _phase = true;
    private ushort _nextCommandId;

    public ulong SubmissionAddress => submissionAddress;

    public ulong CompletionAddress => completionAddress;

    public ulong TailDoorbell => DoorbellRegister.SubmissionTail(submissionId, driver.StrideExponent);

    public ulong HeadDoorbell => DoorbellRegister.CompletionHead(completionId, driver.StrideExponent);

    public int Tail => _tail;

    public int Head => _head;

    /// <summary>Puts a command into the queue without ringing.</summary>
    /// <returns>Its command identifier.</returns>
    public ushort Put(SubmissionEntry entry)
    {
        ushort commandId = _nextCommandId++;
        entry = entry with { CommandId = commandId };
        ulong address = submissionAddress + (ulong)_tail * SubmissionEntry.SizeBytes;
        Assert.That(driver.Memory.TryWrite(address, MemoryMarshal.AsBytes(new ReadOnlySpan<SubmissionEntry>(in entry))));
        _tail = (_tail + 1) % submissionEntries;
        return commandId;
    }

    public void RingTail() => driver.Write32(TailDoorbell, (uint)_tail);

    public void RingHead() => driver.Write32(HeadDoorbell, (uint)_head);

    public ushort Submit(SubmissionEntry entry)
    {
        ushort commandId = Put(entry);
        RingTail();
        return commandId;
    }

    /// <summary>Takes the next completion, if there is one, without ringing the head.</summary>
    public bool TryTake(out CompletionEntry completion)
    {
        completion = Peek(_head);
        if (completion.Phase != _phase)
            return false;
        // The half with the phase is written last: the other half is whole when it is read after the phase was seen.
        Thread.MemoryBarrier();
        completion = Peek(_head);
        _head = (_head + 1) % completionEntries;
        if (_head == 0)
            _phase = !_phase;
        return true;
    }

    /// <summary>The completion queue entry at an index, as it lies in RAM.</summary>
    public CompletionEntry Peek(int index)
    {
        byte[] bytes = driver.ReadRam(
            completionAddress + (ulong)index * CompletionEntry.SizeBytes, CompletionEntry.SizeBytes);
        return MemoryMarshal.Read<CompletionEntry>(bytes);
    }

    /// <summary>Waits for a command's completion; others that come first are kept for who waits for them.</summary>
    public CompletionEntry WaitFor(ushort commandId)
    {
        CompletionEntry found = default;
        Wait.Until(() => _reaped.Remove(commandId, out found) || Reap() && _reaped.Remove(commandId, out found),
            $"completion of command {commandId} of queue {submissionId}");
        return found;
    }

    public CompletionEntry Execute(SubmissionEntry entry) => WaitFor(Submit(entry));

    /// <summary>Whether a command has completed; does not wait.</summary>
    public bool HasCompleted(ushort commandId)
    {
        Reap();
        return _reaped.ContainsKey(commandId);
    }

    private bool Reap()
    {
        if (!TryTake(out CompletionEntry completion))
            return false;
        do
            Assert.That(_reaped.TryAdd(completion.CommandId, completion), "a command has completed twice");
        while (TryTake(out completion));
        RingHead();
        return true;
    }
}
