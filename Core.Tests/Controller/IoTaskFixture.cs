using System.Collections.Concurrent;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>
/// An I/O task with its queues in guest RAM and nothing else of a controller: what the admin task makes on Create I/O
/// Completion Queue and Create I/O Submission Queue.
/// </summary>
internal sealed class IoTaskFixture : IIoNotices, IInterruptSink, IDisposable
{
    public const ulong DataAddress = 0x1000_0000;
    public const ulong DataBytes = 4 << 20;
    public const uint MaxTransferBytes = 128 << 10;

    private const ulong QueueAddress = 0x10_0000;
    private const ulong QueueSpacing = 8 << 20; // the largest queue and a gap

    private readonly InterruptRouter _router;
    private readonly List<(ushort Id, uint Entries, ulong Address)> _queues = [];
    private int _raised;
    private bool _disposed;

    /// <param name="cqEntries">Size of the completion queue.</param>
    /// <param name="ownThread">False: the test turns the reactor.</param>
    /// <param name="usesPin">Interrupts by the pin.</param>
    /// <param name="cqLimit">Limit of the head doorbell, where it is not the size.</param>
    /// <param name="moderates">A guest that has not come to its handler yet is not interrupted again.</param>
    public IoTaskFixture(
        uint cqEntries = 64, bool ownThread = false, bool usesPin = false, uint cqLimit = 0, bool moderates = false)
    {
        UsesPin = usesPin;
        CqEntries = cqEntries;
        Reactor = new Reactor(new ReactorOptions { OwnThread = ownThread, PollMax = TimeSpan.FromMicroseconds(20) });
        Host = Memory.AllocateRegion(DataAddress, DataBytes);
        Memory.AllocateRegion(QueueAddress, PageUp(cqEntries * CompletionEntry.SizeBytes));
        DoorbellState head = Doorbells.Open(DoorbellMemory.HeadId(1), cqLimit == 0 ? cqEntries : cqLimit);
        _router = new InterruptRouter(this, vectors: 2);
        Context = new IoContext(Memory, Namespaces, this, MaxTransferBytes) { ModeratesInterrupts = moderates };
        Task = new QueueTask(
            Reactor, new CompletionQueueDefinition(1, QueueAddress, cqEntries, head, 1, true), _router, Context);
        Memory.Subscribe(Task.Waker.Wake); // as the controller does
        Task.Start();
    }

    public bool UsesPin { get; }

    public uint CqEntries { get; }

    public GuestMemory Memory { get; } = new();

    public DoorbellMemory Doorbells { get; } = new(64);

    public NamespaceTable Namespaces { get; } = new();

    public Reactor Reactor { get; }

    /// <summary>Where the next completion will be posted.</summary>
    public uint CompletionTail => Task.Completions?.Tail ?? 0u;

    public IoContext Context { get; }

    public QueueTask Task { get; }

    /// <summary>Host address of the data at <see cref="DataAddress"/>.</summary>
    public nint Host { get; }

    public InterruptCoalescing Coalescing => _router.Coalescing;

    public int Raised => Volatile.Read(ref _raised);

    public bool? Pin { get; private set; }

    public ConcurrentQueue<int> InvalidDoorbells { get; } = new();

    public ConcurrentQueue<int> Faults { get; } = new();

    public ConcurrentQueue<(ushort CommandId, uint Nsid, ulong Lba, StatusCode Status)> Failures { get; } = new();

    /// <summary>Adds a namespace.</summary>
    public Namespace AddNamespace(IDisk disk, uint id = 0)
    {
        for (id = Math.Max(id, 1); Namespaces.TryGet(id, out _); id++)
            Assert.That(id, Is.LessThan(NamespaceTable.MaxId));
        var added = new Namespace(id, disk);
        added.Blocks.Section.Attach(Namespaces.Tasks);
        Namespaces.Set(id, added);
        return added;
    }

    /// <summary>Takes a namespace out of the table; commands under way may still use it.</summary>
    public Namespace RemoveNamespace(uint id)
    {
        Assert.That(Namespaces.TryGet(id, out Namespace? removed), Is.True);
        Namespaces.Set(id, null);
        return removed!;
    }

    /// <summary>Creates a submission queue and its driver.</summary>
    public QueueDriver AddQueue(
        ushort id = 1, uint entries = 16, uint limit = 0, QueuePriority priority = QueuePriority.Urgent)
    {
        ulong address = QueueAddress + id * QueueSpacing;
        if (!Memory.TryTranslate(address, 1, GuestAccess.ReadOnly, out _))
            Memory.AllocateRegion(address, PageUp(entries * SubmissionEntry.SizeBytes));
        DoorbellState tail = Doorbells.Open(DoorbellMemory.TailId(id), limit == 0 ? entries : limit);
        Task.PostAddQueue(new SubmissionQueueDefinition(id, address, entries, tail, priority));
        _queues.Add((id, entries, address));
        return new QueueDriver(Memory, Doorbells)
        {
            SqId = id,
            SqAddress = address,
            SqEntries = entries,
            CqId = 1,
            CqAddress = QueueAddress,
            CqEntries = CqEntries,
        };
    }

    /// <summary>Where the driver's submission queue lies.</summary>
    public ulong AddressOf(ushort id) => _queues.Find(queue => queue.Id == id).Address;

    /// <summary>Turns the reactor a few times: whatever can happen has happened then.</summary>
    public void Turn(int turns = 8)
    {
        for (int i = 0; i < turns; i++)
            Reactor.Run(TimeSpan.Zero);
    }

    /// <summary>Turns until the task sleeps.</summary>
    public void Sleep()
    {
        long sleeps = Reactor.GetStatistics().Sleeps;
        Task.Waker.Wake(); // where it sleeps already, it does so again
        Wait.Until(
            () =>
            {
                Reactor.Run(TimeSpan.Zero);
                return Reactor.GetStatistics().Sleeps > sleeps;
            },
            "the task to sleep");
    }

    /// <summary>Stops the task and waits until no disk has a request of it.</summary>
    public void Stop()
    {
        int stopped = 0;
        Task.PostStop(() => Volatile.Write(ref stopped, 1));
        Assert.That(Reactor.Drive(() => Volatile.Read(ref stopped) != 0, TimeSpan.FromSeconds(30)), Is.True, "stopped");
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Stop();
        Task.Dispose();
        Reactor.Dispose();
        Doorbells.Dispose();
        Memory.Dispose();
    }

    public void Raise(int vector)
    {
        if (vector != 1)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "Not the queue's."); // an Assert allocates
        Interlocked.Increment(ref _raised);
    }

    public void SetPin(bool asserted) => Pin = asserted;

    public void OnInvalidDoorbellValue(int doorbellId) => InvalidDoorbells.Enqueue(doorbellId);

    public void OnQueueMemoryFault(int doorbellId) => Faults.Enqueue(doorbellId);

    public void OnCommandFailed(in ErrorEntry error) =>
        Failures.Enqueue((error.CommandId, error.NamespaceId, error.Lba, error.Status));

    private static ulong PageUp(ulong bytes) => (bytes + 4095) & ~4095ul;
}
