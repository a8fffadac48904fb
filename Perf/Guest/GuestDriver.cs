using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>
/// A controller with a disk and one I/O queue pair, and the guest's side of it: rings tails, looks for completions by
/// their phase, rings heads. Every entry of the submission queue holds a command from the start, so that the guest's
/// side costs next to nothing.
/// </summary>
internal sealed unsafe class GuestDriver : IDisposable
{
    public const int Entries = 1024;

    private const ulong RamBytes = 16 << 20;
    private const ulong AdminSubmission = 0x1000;
    private const ulong AdminCompletion = 0x2000;
    private const ulong Submission = 0x10000;
    private const ulong Completion = 0x20000;
    private const ulong Data = 0x100000;
    private const ushort AdminEntries = 32;
    private const ushort QueueId = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly GuestMemory _memory = new();
    private readonly NullDisk _disk = new(1UL << 30);
    private readonly NvmeController _controller;
    private readonly Reactor _reactor;
    private readonly nint _ram;
    private uint _adminTail;
    private uint _tail;
    private uint _head;
    private bool _phase = true;

    /// <summary>Brings a controller up on a reactor, with one I/O queue pair full of commands.</summary>
    /// <param name="reactor">Serves the controller; it stays the caller's.</param>
    /// <param name="opcode">Read or Write.</param>
    /// <param name="lengthBytes">Length of each command's data, up to 4096.</param>
    public GuestDriver(Reactor reactor, IoOpcode opcode, int lengthBytes)
    {
        _reactor = reactor;
        _ram = _memory.AllocateRegion(0, RamBytes);
        _controller = new NvmeController(new NvmeControllerOptions { Memory = _memory, Reactors = [reactor] });
        var namespaceId = _controller.AddNamespace(0, _disk);
        Enable();
        const uint PhysicallyContiguous = 1;
        const uint Size = (Entries - 1) << 16;
        Admin(AdminOpcode.CreateIoCompletionQueue, Completion, QueueId | Size, PhysicallyContiguous);
        Admin(AdminOpcode.CreateIoSubmissionQueue, Submission, QueueId | Size, PhysicallyContiguous | (QueueId << 16));
        for (uint slot = 0; slot < Entries; slot++)
        {
            Put(Submission, slot, new SubmissionEntry
            {
                Opcode = (byte)opcode,
                CommandId = (ushort)slot,
                NamespaceId = namespaceId,
                Prp1 = Data + (slot * 4096),
                Cdw10 = slot * 8,
                Cdw12 = (uint)(lengthBytes / _disk.BlockBytes) - 1,
            });
        }
    }

    /// <summary>Hands so many commands to the device, by one ring.</summary>
    public void Submit(int count)
    {
        _tail = (_tail + (uint)count) % Entries;
        _controller.Doorbells.Ring(DoorbellMemory.TailId(QueueId), _tail);
    }

    /// <summary>Takes the completions that are there, up to so many, and rings the head for them.</summary>
    public int Reap(int most)
    {
        var count = 0;
        while (count < most)
        {
            // SAFETY: _head is below Entries, and the queue lies within the region. Acquire: the entry is whole.
            var high = Volatile.Read(ref *(ulong*)(_ram + (nint)Completion + ((nint)_head * CompletionEntry.SizeBytes) + 8));
            if (((high >> 48) & 1) != (_phase ? 1u : 0u)) break;
            if (high >> 49 != 0) throw new InvalidOperationException($"A command failed: status {high >> 49:X}h.");
            if (++_head == Entries)
            {
                _head = 0;
                _phase = !_phase;
            }
            count++;
        }
        if (count != 0) _controller.Doorbells.Ring(DoorbellMemory.HeadId(QueueId), _head);
        return count;
    }

    public void Dispose()
    {
        _controller.Dispose();
        _disk.Dispose();
        _memory.Dispose();
    }

    private void Enable()
    {
        _controller.WriteRegister(RegisterOffset.AdminQueueAttributes, 4, (AdminEntries - 1) | ((AdminEntries - 1) << 16));
        _controller.WriteRegister(RegisterOffset.AdminSubmissionQueue, 8, AdminSubmission);
        _controller.WriteRegister(RegisterOffset.AdminCompletionQueue, 8, AdminCompletion);
        var configuration = new ControllerConfiguration { Enable = true, IoSubmissionEntrySize = 6, IoCompletionEntrySize = 4 };
        _controller.WriteRegister(RegisterOffset.ControllerConfiguration, 4, configuration.Value);
        Await(() => _controller.IsReady, "the controller to get ready");
    }

    private void Admin(AdminOpcode opcode, ulong prp1, uint cdw10, uint cdw11)
    {
        var slot = _adminTail;
        Put(AdminSubmission, slot, new SubmissionEntry
        {
            Opcode = (byte)opcode,
            CommandId = (ushort)slot,
            Prp1 = prp1,
            Cdw10 = cdw10,
            Cdw11 = cdw11,
        });
        _adminTail = (_adminTail + 1) % AdminEntries;
        _controller.Doorbells.Ring(DoorbellMemory.TailId(0), _adminTail);
        ulong High() => Volatile.Read(ref *(ulong*)(_ram + (nint)AdminCompletion + ((nint)slot * CompletionEntry.SizeBytes) + 8));
        // The queue is not wrapped by the few commands here, so the phase of a completed entry is 1.
        Await(() => ((High() >> 48) & 1) != 0, $"{opcode}");
        if (High() >> 49 != 0) throw new InvalidOperationException($"{opcode} failed: status {High() >> 49:X}h.");
    }

    // SAFETY: callers pass a queue's address and one of its slots; both queues lie within the region.
    private void Put(ulong queue, uint slot, SubmissionEntry entry)
        => *(SubmissionEntry*)(_ram + (nint)queue + ((nint)slot * SubmissionEntry.SizeBytes)) = entry;

    /// <summary>Waits; turns the reactor itself where it is a lent one.</summary>
    private void Await(Func<bool> done, string what)
    {
        if (!_reactor.Drive(done, Patience)) throw new TimeoutException($"Waited in vain for {what}.");
    }
}
