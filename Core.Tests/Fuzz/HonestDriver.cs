using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// A driver that does everything right, on queues and a stretch of disk of its own. Every command completes once and
/// with success, every read gives what was acknowledged; after a reset by others it starts the controller again.
/// </summary>
internal sealed partial class HonestDriver
{
    /// <summary>Namespace of the valid drivers: a number that hostile data does not form by accident.</summary>
    public const uint Nsid = 777;

    /// <summary>That of the valid driver on another controller of the same subsystem.</summary>
    public const uint SiblingNsid = 778;

    /// <summary>I/O queue pairs 1 to this are the driver's, with their doorbells.</summary>
    public const int Queues = 2;

    private const int SlotsPerQueue = 8;
    private const ulong BufferBase = 0x4_0000;

    private readonly FuzzRam _ram;
    private readonly PciFunction _function;
    private readonly Disturbances? _disturbances;
    private readonly Findings _findings;
    private readonly ulong _base;
    private readonly HonestSlot[] _slots = [.. Enumerable.Range(0, Queues * SlotsPerQueue).Select(index => new HonestSlot(index))];
    private readonly QueueDriver[] _queues = new QueueDriver[Queues];
    private readonly CountedInterrupts? _interrupts;
    private readonly int[] _interruptsSeen = new int[Queues];

    /// <param name="ram">Guest RAM.</param>
    /// <param name="index">Which of the valid drivers: its part of the RAM.</param>
    /// <param name="function">Its controller.</param>
    /// <param name="disturbances">Others' resets of it; null: there are none, and nothing may go wrong.</param>
    /// <param name="findings">Where it tells what is wrong.</param>
    /// <param name="interrupts">It uses MSI-X and looks for completions when an interrupt has come, never else; null: it
    /// polls.</param>
    public HonestDriver(
        FuzzRam ram, int index, PciFunction function, Disturbances? disturbances, Findings findings,
        CountedInterrupts? interrupts = null)
    {
        _interrupts = interrupts;
        (_ram, _function, _disturbances, _findings) = (ram, function, disturbances, findings);
        _base = FuzzRam.HonestBase + (ulong)index * FuzzRam.HonestBytes;
    }

    /// <summary>The disk it needs.</summary>
    public static ulong DiskBytes => Queues * SlotsPerQueue * HonestSlot.Blocks * HonestSlot.BlockBytes;

    /// <summary>The namespace that it uses.</summary>
    public uint OwnNsid { get; init; } = Nsid;

    /// <summary>Commands completed.</summary>
    public long Completed { get; private set; }

    public long Recoveries { get; private set; }

    /// <summary>Takes what has completed and submits more.</summary>
    public void Step(Worker worker)
    {
        if (!IsUndisturbed)
            BringUp(worker);
        worker.Doing = "valid driver: waiting for completions";
        int done = 0;
        for (int queue = 0; queue < Queues; queue++)
        {
            done += Reap(queue);
            Submit(worker.Random, queue, readAll: false);
        }
        worker.Count(done);
        if (done == 0)
            Thread.Yield();
        else
            _disturbances?.Progress(done);
    }

    /// <summary>All others have ended: waits for every command, then reads and compares everything once more.</summary>
    public void Finish(Worker worker)
    {
        if (!_findings.IsEmpty)
            return;
        for (int pass = 0; pass < 2; pass++)
        {
            if (!IsUndisturbed)
                BringUp(worker);
            long start = Environment.TickCount64;
            while (Array.Exists(_slots, slot => slot.IsInFlight))
            {
                for (int queue = 0; queue < Queues; queue++)
                    worker.Count(Reap(queue));
                if (Environment.TickCount64 - start > 30_000)
                {
                    _findings.Add($"lost: {_slots.Count(slot => slot.IsInFlight)} commands have not completed for 30 s");
                    return;
                }
                Thread.Yield();
            }
            for (int queue = 0; pass == 0 && queue < Queues; queue++)
                Submit(worker.Random, queue, readAll: true);
        }
    }

    private bool IsUndisturbed => _isUp && (_disturbances is null || _disturbances.Count == _seen);

    /// <summary>Whether an interrupt of the queue has come since it was asked last.</summary>
    private bool IsInterrupted(int queue)
    {
        if (_interrupts is null)
            return true;
        int count = _interrupts.Count(queue + 1);
        bool isNew = count != _interruptsSeen[queue];
        _interruptsSeen[queue] = count;
        return isNew;
    }

    private int Reap(int queue)
    {
        if (!IsInterrupted(queue))
            return 0;
        QueueDriver driver = _queues[queue];
        int done = 0;
        while (driver.TryReap(out CompletionEntry entry))
        {
            int index = entry.CommandId;
            if (entry.Status != StatusCode.Success && !IsUndisturbed)
                return done; // dropped by a reset of somebody else
            string? wrong = index >= _slots.Length || index / SlotsPerQueue != queue || !_slots[index].IsInFlight
                ? $"conservation: command {index} of queue {queue + 1} is not in flight, and has completed"
                : entry.Status != StatusCode.Success ? $"status: command {index} of queue {queue + 1}: {entry.Status}"
                : entry.SqId != queue + 1 ? $"completion: queue {entry.SqId} where {queue + 1} was meant"
                : _slots[index].Complete(Buffer(index));
            if (wrong is not null)
            {
                _findings.Add($"valid driver of {_base:X}h: {wrong}");
                return done;
            }
            done++;
            Completed++;
        }
        if (done > 0)
            driver.RingHead();
        return done;
    }

    private void Submit(FuzzRandom random, int queue, bool readAll)
    {
        bool any = false;
        for (int index = queue * SlotsPerQueue; index < (queue + 1) * SlotsPerQueue; index++)
        {
            if (_slots[index].IsInFlight || (!readAll && random.OneIn(4)))
                continue;
            _queues[queue].Put(_slots[index].Begin(random, OwnNsid, BufferAddress(index), Buffer(index), readAll));
            any = true;
        }
        if (any)
            _queues[queue].Ring();
    }

    private ulong BufferAddress(int slot) =>
        _base + BufferBase + (ulong)(slot * HonestSlot.BufferPages * HonestSlot.PageBytes);

    private Span<byte> Buffer(int slot) => _ram.Host(BufferAddress(slot), HonestSlot.BufferPages * HonestSlot.PageBytes);

    private void Ring(int id, uint value) =>
        _function.WriteBar0(RegisterOffset.Doorbells + (ulong)id * 4, 4, value);
}
