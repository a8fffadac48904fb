using System.Diagnostics;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>
/// A controller whose reactor runs on the caller's thread, so that the same input does the same each time. Used for many
/// inputs: each begins with a function level reset, empty RAM and new disks.
/// </summary>
internal sealed class ByteMachine : IDisposable
{
    private const uint Entries = 32;
    private const int InputsPerFunction = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Reactor _reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Never });
    private readonly List<IDisk> _disks = [];
    private PciFunction? _function;
    private int _inputs;

    public ByteRam Ram { get; } = new();

    public PciFunction Function => _function!;

    public QueueDriver Admin { get; private set; } = null!;

    public QueueDriver Io { get; private set; } = null!;

    public ControllerStatus Status => new((uint)Function.ReadBar0(RegisterOffset.ControllerStatus, 4));

    /// <summary>As after power-on, with two namespaces.</summary>
    public void Begin()
    {
        if (_function is null || _inputs++ % InputsPerFunction == 0)
        {
            _function?.Dispose();
            CloseDisks();
            _function = new PciFunction(new NvmeControllerOptions
            {
                Memory = Ram.Memory,
                Reactors = [_reactor],
                MaxQueuePairs = 3,
                MaxQueueEntries = 64,
                MaxTransferBytes = 32 << 10,
                Barrier = DoorbellBarrier.Symmetric, // one thread: the process-wide barrier would only cost
            });
        }
        Ram.ReturnTop();
        Ram.Clear();
        foreach (uint nsid in (uint[])[1, 2])
            AddNamespace(nsid);
        Turn(4);
    }

    /// <summary>Enables the controller as a driver does, with one I/O queue pair.</summary>
    public void BringUp()
    {
        Admin = NewQueue(0);
        Io = NewQueue(1);
        Function.WriteConfig(4, 2, 6);
        Function.WriteBar0(RegisterOffset.AdminQueueAttributes, 4, (Entries - 1) << 16 | (Entries - 1));
        Function.WriteBar0(RegisterOffset.AdminSubmissionQueue, 8, Admin.SqAddress);
        Function.WriteBar0(RegisterOffset.AdminCompletionQueue, 8, Admin.CqAddress);
        Function.WriteBar0(RegisterOffset.ControllerConfiguration, 4, 0x0046_0001);
        Wait(() => Status.Ready, "CSTS.RDY");
        Create(AdminOpcode.CreateIoCompletionQueue, Io.CqAddress, 3);
        Create(AdminOpcode.CreateIoSubmissionQueue, Io.SqAddress, 1 << 16 | 1);
    }

    /// <summary>Ends the input: after a reset nothing is under way, and nothing is left of what the guest has done.</summary>
    public void End()
    {
        // The wait of Reset is made for other threads' reactors and sleeps now and then: little is left for it to wait for.
        Function.Controller.StartReset();
        Turn(16);
        Function.Reset();
        // CSTS.NSSRO outlives resets: it is the guest's to clear.
        Function.WriteBar0(RegisterOffset.ControllerStatus, 4, new ControllerStatus { SubsystemResetOccurred = true }.Value);
        if (Status.Value != 0)
            throw new OracleException($"CSTS is {Status.Value:X}h after a reset");
        if (_reactor.TaskCount > 1)
            throw new OracleException($"{_reactor.TaskCount} tasks are left after a reset, where the admin task is one");
        foreach (uint nsid in (uint[])[1, 2])
            Function.Controller.RemoveNamespace(nsid);
        CloseDisks();
    }

    /// <summary>What is left of a machine whose input has failed is not used again.</summary>
    public void Abandon() => _function = null;

    public void AddNamespace(uint nsid)
    {
        var disk = new RamDisk(64 << 10, nsid == 1 ? 512 : 4096);
        try
        {
            Function.Controller.AddNamespace(nsid, disk);
            _disks.Add(disk);
        }
        catch (InvalidOperationException)
        {
            disk.Dispose(); // there is one of that number
        }
    }

    /// <summary>Lets the device work for so many turns of its reactor.</summary>
    public void Turn(int turns)
    {
        for (; turns > 0; turns--)
            _reactor.Run(TimeSpan.Zero);
    }

    /// <summary>Lets the device work until something has come of it.</summary>
    public void Wait(Func<bool> done, string what)
    {
        long start = Stopwatch.GetTimestamp();
        for (int turn = 0; !done(); turn++)
        {
            if (turn > 1000 && Stopwatch.GetElapsedTime(start) > Patience)
                throw new OracleException($"lost: no {what} in {Patience.TotalSeconds} s");
            Turn(1);
        }
    }

    public void Dispose()
    {
        _function?.Dispose();
        CloseDisks();
        _reactor.Dispose();
        Ram.Dispose();
    }

    private void CloseDisks()
    {
        _disks.ForEach(disk => disk.Dispose());
        _disks.Clear();
    }

    private void Create(AdminOpcode opcode, ulong address, uint cdw11)
    {
        Admin.Submit(new SubmissionEntry { Opcode = (byte)opcode, Prp1 = address, Cdw10 = (Entries - 1) << 16 | 1, Cdw11 = cdw11 });
        CompletionEntry entry = default;
        Wait(() => Admin.TryReap(out entry), $"completion of {opcode}");
        Admin.RingHead();
        if (entry.Status != StatusCode.Success)
            throw new OracleException($"{opcode}: {entry.Status}");
    }

    private QueueDriver NewQueue(ushort id)
    {
        ulong address = ByteRam.DriverStart + id * 2ul * GuestMemory.PageBytes;
        return new QueueDriver(Ram.Memory, (doorbell, value) =>
            Function.WriteBar0(RegisterOffset.Doorbells + (ulong)doorbell * 4, 4, value))
        {
            SqId = id,
            CqId = id,
            SqAddress = address,
            CqAddress = address + GuestMemory.PageBytes,
            SqEntries = Entries,
            CqEntries = Entries,
        };
    }
}
