using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Fuzz;

/// <content>Bringing the controller up, and the admin queue, which hostile threads borrow.</content>
internal sealed partial class HonestDriver
{
    private const uint AdminEntries = 32;
    private const uint Entries = 32;
    private const uint EnableConfiguration = 0x0046_0001; // EN, IOSQES 6, IOCQES 4
    private const ushort UnansweredIds = 0x8000;

    private readonly Lock _adminLock = new();
    private readonly HashSet<ushort> _unanswered = [];
    private QueueDriver? _admin;
    private ushort _nextAdminId;
    private long _seen = -1;
    private long _subsystemResetsSeen;
    private bool _isUp;

    /// <summary>Called when the controller is up, to make the hostile queues; the admin queue may be used.</summary>
    public Action<Worker>? OnUp { get; set; }

    /// <summary>Executes an admin command, from any thread.</summary>
    /// <param name="worker">Who waits.</param>
    /// <param name="entry">The command; its identifier is replaced.</param>
    /// <param name="waits">False for commands that may never complete.</param>
    /// <param name="status">Its status.</param>
    /// <returns>False: not executed, or a reset has come in between.</returns>
    public bool TryExecute(Worker worker, SubmissionEntry entry, bool waits, out StatusCode status)
    {
        status = default;
        lock (_adminLock)
        {
            if (_admin is null || !IsUndisturbed)
                return false;
            worker.Doing = $"admin command {entry.Opcode:X}h";
            return Execute(entry, waits, out status);
        }
    }

    private void BringUp(Worker worker)
    {
        worker.Doing = "valid driver: bringing the controller up";
        lock (_adminLock)
        {
            _isUp = false;
            while (!TryBringUp(worker))
            {
                if (_disturbances is null)
                {
                    _findings.Add($"valid driver of {_base:X}h: the controller did not come up: {worker.Doing}");
                    return;
                }
                Thread.Yield();
            }
            _isUp = true;
            OnUp?.Invoke(worker);
        }
        foreach (HonestSlot slot in _slots)
            slot.Drop();
        worker.Count();
        Recoveries++;
    }

    private bool TryBringUp(Worker worker)
    {
        // Odd: a reset is under way.
        long seen = _disturbances?.Count ?? 0;
        if ((seen & 1) != 0)
            return false;
        _seen = seen;
        _isUp = true; // as far as waiting is concerned
        if (_disturbances is { IsLawless: true })
            _function.Reset(); // what the guest has done has no defined end but this
        _function.WriteBar0(RegisterOffset.ControllerConfiguration, 4, 0);
        worker.Doing = "valid driver: waiting for CSTS.RDY = 0";
        if (!Waits(() => !Status.Ready))
            return false;
        TakeSubsystemReset();
        _ram.Host(_base, (int)BufferBase).Clear();
        if (_interrupts is not null)
            UseVectors();
        _admin = NewQueue(0, AdminEntries);
        _unanswered.Clear();
        _function.WriteBar0(RegisterOffset.AdminQueueAttributes, 4, (AdminEntries - 1) << 16 | (AdminEntries - 1));
        _function.WriteBar0(RegisterOffset.AdminSubmissionQueue, 8, _admin.SqAddress);
        _function.WriteBar0(RegisterOffset.AdminCompletionQueue, 8, _admin.CqAddress);
        _function.WriteBar0(RegisterOffset.ControllerConfiguration, 4, EnableConfiguration);
        worker.Doing = "valid driver: waiting for CSTS.RDY";
        if (!Waits(() => Status.Ready || Status.FatalStatus) || Status.FatalStatus)
            return false;
        for (int queue = 0; queue < Queues; queue++)
        {
            worker.Doing = $"valid driver: creating queue pair {queue + 1}";
            _queues[queue] = NewQueue(queue + 1, Entries);
            if (!Creates(AdminOpcode.CreateIoCompletionQueue, _queues[queue].CqAddress, queue + 1, Entries,
                    _interrupts is null ? 3 : (uint)(queue + 1) << 16 | 3)
                || !Creates(AdminOpcode.CreateIoSubmissionQueue, _queues[queue].SqAddress, queue + 1, Entries,
                    (uint)(queue + 1) << 16 | 1))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>After a reset of the subsystem CSTS.NSSRO says so, until the guest clears it.</summary>
    private void TakeSubsystemReset()
    {
        if (_disturbances is null || _disturbances.SubsystemResets == _subsystemResetsSeen)
            return;
        bool isTold = Status.SubsystemResetOccurred;
        _function.WriteBar0(RegisterOffset.ControllerStatus, 4, new ControllerStatus { SubsystemResetOccurred = true }.Value);
        bool isCleared = !Status.SubsystemResetOccurred;
        // Behind the clearing: of a reset that comes between the two, nothing is expected.
        _subsystemResetsSeen = _disturbances.SubsystemResets;
        if (IsUndisturbed && !(isTold && isCleared))
            _findings.Add($"valid driver of {_base:X}h: CSTS.NSSRO is {isTold} after a subsystem reset, {!isCleared} when cleared");
    }

    private void UseVectors()
    {
        var pci = new PciDriver(_function);
        pci.EnableDevice();
        pci.SetMsix(true);
        for (int vector = 0; vector <= Queues; vector++)
            pci.SetVector(vector, 0xFEE0_0000, (uint)vector);
    }

    private ControllerStatus Status => new((uint)_function.ReadBar0(RegisterOffset.ControllerStatus, 4));

    private bool Creates(AdminOpcode opcode, ulong address, int id, uint entries, uint cdw11)
    {
        var entry = new SubmissionEntry
        {
            Opcode = (byte)opcode,
            Prp1 = address,
            Cdw10 = (entries - 1) << 16 | (uint)id,
            Cdw11 = cdw11,
        };
        if (!Execute(entry, waits: true, out StatusCode status))
            return false;
        if (status != StatusCode.Success && IsUndisturbed)
            _findings.Add($"valid driver of {_base:X}h: {opcode}: {status}");
        return status == StatusCode.Success;
    }

    private bool Execute(SubmissionEntry entry, bool waits, out StatusCode status)
    {
        StatusCode answer = default;
        status = default;
        ushort id = (ushort)(_nextAdminId++ % UnansweredIds);
        if (!waits)
        {
            if (_unanswered.Count >= AdminEntries / 2)
                return false; // room for those who wait
            id |= UnansweredIds;
            _unanswered.Add(id);
        }
        _admin!.Submit(entry with { CommandId = id });
        bool isDone = !waits;
        bool Look()
        {
            bool any = false;
            while (_admin!.TryReap(out CompletionEntry completion))
            {
                any = true;
                if (waits && !isDone && completion.CommandId == id)
                    (answer, isDone) = (completion.Status, true);
                else if (!_unanswered.Remove(completion.CommandId) && IsUndisturbed)
                    _findings.Add($"conservation: admin command {completion.CommandId} has completed and is not in flight");
            }
            if (any)
                _admin.RingHead();
            return isDone;
        }
        bool done = Waits(Look);
        status = answer;
        return done;
    }

    /// <summary>Waits until it is so, or until a reset by another makes it pointless. For ever: a hang is reported.</summary>
    private bool Waits(Func<bool> done)
    {
        while (!done())
        {
            if (!IsUndisturbed)
                return false;
            Thread.Yield();
        }
        return true;
    }

    private QueueDriver NewQueue(int id, uint entries) => new(_ram.Memory, Ring)
    {
        SqId = (ushort)id,
        CqId = (ushort)id,
        SqAddress = _base + (ulong)id * 2 * GuestMemory.PageBytes,
        CqAddress = _base + (ulong)(id * 2 + 1) * GuestMemory.PageBytes,
        SqEntries = entries,
        CqEntries = entries,
    };
}
