using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Guest;

/// <summary>A controller with a disk and I/O queue pairs, and the guest's side of it.</summary>
internal sealed unsafe class GuestDriver : IDisposable
{
    public const int MaxQueues = 8;

    private const int PageBytes = 4096;
    private const ulong AdminSubmission = 0x1000;
    private const ulong AdminCompletion = 0x2000;
    private const ulong Queues = 0x10_0000;
    private const ulong QueueBytes = 0x4_0000; // of submission entries, then of completion entries
    private const ulong Data = 0x40_0000;
    private const ushort AdminEntries = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly GuestMemory _memory = new();
    private readonly NvmeController _controller;
    private readonly Reactor _reactor;
    private readonly nint _ram;
    private uint _adminTail;

    /// <summary>Brings a controller up on a reactor, its I/O queues full of commands on the null disk.</summary>
    /// <param name="reactor">Serves the controller; it stays the caller's.</param>
    /// <param name="opcode">Read or Write.</param>
    /// <param name="lengthBytes">Length of each command's data, up to 4096.</param>
    public GuestDriver(Reactor reactor, IoOpcode opcode, int lengthBytes)
        : this(reactor, DiskKind.Null, opcode, lengthBytes, queues: 1)
    {
    }

    /// <summary>The same on another disk.</summary>
    /// <param name="reactor">Serves the controller; it stays the caller's.</param>
    /// <param name="kind">What is read or written.</param>
    /// <param name="opcode">Read or Write.</param>
    /// <param name="lengthBytes">Length of each command's data, up to 4096; commands go to random places.</param>
    /// <param name="queues">Queue pairs, up to <see cref="MaxQueues"/>.</param>
    public GuestDriver(Reactor reactor, DiskKind kind, IoOpcode opcode, int lengthBytes, int queues)
    {
        _reactor = reactor;
        var disk = kind.Disk;
        var ramBytes = Data + ((ulong)queues * GuestQueue.Entries * PageBytes);
        _ram = _memory.AllocateRegion(0, ramBytes);
        // Touched: the first access to a page of a guest is the host's affair, and not what is measured. The disk touches
        // them too, in what a shape runs first.
        for (nint page = 0; page < (nint)ramBytes; page += PageBytes) Volatile.Write(ref *(byte*)(_ram + page), 0);
        _controller = new NvmeController(new NvmeControllerOptions { Memory = _memory, Reactors = [reactor] });
        var namespaceId = _controller.AddNamespace(0, disk);
        Enable();
        IoQueues = [.. Enumerable.Range(1, queues).Select(id => CreateQueue((ushort)id))];
        var random = new Random(1);
        var places = (long)(disk.LengthBytes / (ulong)lengthBytes);
        var blocks = (uint)(lengthBytes / disk.BlockBytes);
        for (var i = 0; i < queues * GuestQueue.Entries; i++)
        {
            var block = (ulong)random.NextInt64(places) * blocks;
            IoQueues[i / GuestQueue.Entries].Put(i % GuestQueue.Entries, new SubmissionEntry
            {
                Opcode = (byte)opcode,
                CommandId = (ushort)(i % GuestQueue.Entries),
                NamespaceId = namespaceId,
                Prp1 = Data + ((ulong)i * PageBytes),
                Cdw10 = (uint)block,
                Cdw11 = (uint)(block >> 32),
                Cdw12 = blocks - 1,
            });
        }
    }

    /// <summary>The I/O queue pairs.</summary>
    public IReadOnlyList<GuestQueue> IoQueues { get; }

    /// <summary>Hands so many commands of the first queue to the device, by one ring.</summary>
    public void Submit(int count) => IoQueues[0].Submit(count);

    /// <summary>Takes completions of the first queue, up to so many.</summary>
    public int Reap(int most) => IoQueues[0].Reap(most);

    public void Dispose()
    {
        _controller.Dispose();
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

    private GuestQueue CreateQueue(ushort id)
    {
        const uint PhysicallyContiguous = 1;
        const uint Size = (GuestQueue.Entries - 1) << 16;
        var submission = Queues + (id * QueueBytes);
        var completion = submission + (QueueBytes / 2);
        Admin(AdminOpcode.CreateIoCompletionQueue, completion, id | Size, PhysicallyContiguous);
        Admin(AdminOpcode.CreateIoSubmissionQueue, submission, id | Size, PhysicallyContiguous | ((uint)id << 16));
        return new GuestQueue(_controller.Doorbells, id, _ram + (nint)submission, _ram + (nint)completion);
    }

    private void Admin(AdminOpcode opcode, ulong prp1, uint cdw10, uint cdw11)
    {
        var slot = _adminTail;
        // SAFETY: the admin queues lie within the region, and slot is below AdminEntries.
        *(SubmissionEntry*)(_ram + (nint)AdminSubmission + ((nint)slot * SubmissionEntry.SizeBytes)) = new SubmissionEntry
        {
            Opcode = (byte)opcode,
            CommandId = (ushort)slot,
            Prp1 = prp1,
            Cdw10 = cdw10,
            Cdw11 = cdw11,
        };
        _adminTail = (_adminTail + 1) % AdminEntries;
        _controller.Doorbells.Ring(DoorbellMemory.TailId(0), _adminTail);
        ulong High() => Volatile.Read(ref *(ulong*)(_ram + (nint)AdminCompletion + ((nint)slot * CompletionEntry.SizeBytes) + 8));
        // The queue is not wrapped by the few commands here, so the phase of a completed entry is 1.
        Await(() => ((High() >> 48) & 1) != 0, $"{opcode}");
        if (High() >> 49 != 0) throw new InvalidOperationException($"{opcode} failed: status {High() >> 49:X}h.");
    }

    /// <summary>Waits; turns the reactor itself where it is a lent one.</summary>
    private void Await(Func<bool> done, string what)
    {
        if (!_reactor.Drive(done, Patience)) throw new TimeoutException($"Waited in vain for {what}.");
    }
}
