using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Create and Delete I/O Completion Queue and I/O Submission Queue (NVMe over PCIe: NVMe Base 2.0, "Create I/O
/// Completion Queue command" and its neighbours), and the queues that there are.
/// </summary>
/// <remarks>
/// On the admin task's turn, but for what says otherwise. A queue that is being deleted keeps its identifier until its
/// task has let go of it.
/// </remarks>
internal sealed partial class QueueCommands
{
    /// <summary>CC.IOSQES: entries of 64 bytes.</summary>
    public const byte SubmissionEntrySize = 6;

    /// <summary>CC.IOCQES: entries of 16 bytes.</summary>
    public const byte CompletionEntrySize = 4;

    private const uint Contiguous = 1;
    private const uint InterruptsEnabled = 2;
    private const ulong PageMask = 0xFFF;
    private const int Prp1Byte = 24;
    private const int QueueIdByte = 40;
    private const int QueueSizeByte = 42;
    private const int ContiguousByte = 44;
    private const int UpperDword11Byte = 46; // Interrupt Vector, Completion Queue Identifier

    private readonly ControllerContext _context;
    private readonly IAdminCompletion _admin;
    private readonly IoTaskEntry?[] _completionQueues; // by identifier
    private readonly IoTaskEntry?[] _submissionQueues;
    private readonly HashSet<ushort> _leavingSubmissionQueues = [];
    private uint _arbitration = FeatureTable.DefaultArbitrationBurst;
    private bool _isWeighted;

    public QueueCommands(
        ControllerContext context, IAdminCompletion admin, IIoNotices notices, AdminCommandTable table)
    {
        _context = context;
        _admin = admin;
        NvmeControllerOptions options = context.Options;
        _completionQueues = new IoTaskEntry?[options.MaxQueuePairs + 1];
        _submissionQueues = new IoTaskEntry?[options.MaxQueuePairs + 1];
        Io = new IoContext(options.Memory, context.Namespaces, notices, options.MaxTransferBytes)
        {
            Member = context.Member,
            ModeratesInterrupts = options.ModeratedInterrupts,
        };
        table.Add(AdminOpcode.CreateIoCompletionQueue, CreateCompletionQueue);
        table.Add(AdminOpcode.CreateIoSubmissionQueue, CreateSubmissionQueue);
        table.Add(AdminOpcode.DeleteIoCompletionQueue, DeleteCompletionQueue);
        table.Add(AdminOpcode.DeleteIoSubmissionQueue, DeleteSubmissionQueue);
    }

    /// <summary>Whether an I/O queue has been created since the last reset.</summary>
    public bool HasCreated { get; private set; }

    /// <summary>What the I/O tasks have in common.</summary>
    public IoContext Io { get; }

    private int MaxQueueId => _context.Options.MaxQueuePairs;

    private ControllerConfiguration Configuration => _context.Registers.GetWish().Configuration;

    private StatusCode? CreateCompletionQueue(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        var id = (ushort)entry.Cdw10;
        uint lastEntry = entry.Cdw10 >> 16;
        var vector = (int)(entry.Cdw11 >> 16);
        bool interrupts = (entry.Cdw11 & InterruptsEnabled) != 0;
        if (!IsId(id) || _completionQueues[id] is not null)
            return command.Refuse(StatusCode.InvalidQueueIdentifier, QueueIdByte);
        StatusCode status = CheckMemory(command, lastEntry, Configuration.IoCompletionEntrySize == CompletionEntrySize);
        if (status != StatusCode.Success)
            return status;
        if (vector >= _context.Interrupts.Vectors || (interrupts && vector != 0 && _context.Interrupts.UsesPin))
            return command.Refuse(StatusCode.InvalidInterruptVector, UpperDword11Byte);

        DoorbellState head = _context.Doorbells.Open(DoorbellMemory.HeadId(id), lastEntry + 1);
        MakeTask(new CompletionQueueDefinition(id, entry.Prp1, lastEntry + 1, head, (ushort)vector, interrupts))
            .Task.Start();
        HasCreated = true;
        return StatusCode.Success;
    }

    private StatusCode? CreateSubmissionQueue(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        var id = (ushort)entry.Cdw10;
        uint lastEntry = entry.Cdw10 >> 16;
        var completionId = (ushort)(entry.Cdw11 >> 16);
        if (!IsId(completionId))
            return command.Refuse(StatusCode.InvalidQueueIdentifier, UpperDword11Byte);
        if (_completionQueues[completionId] is not { IsStopping: false } owner)
            return command.Refuse(StatusCode.CompletionQueueInvalid, UpperDword11Byte);
        if (!IsId(id) || _submissionQueues[id] is not null)
            return command.Refuse(StatusCode.InvalidQueueIdentifier, QueueIdByte);
        StatusCode status = CheckMemory(command, lastEntry, Configuration.IoSubmissionEntrySize == SubmissionEntrySize);
        if (status != StatusCode.Success)
            return status;

        var priority = (QueuePriority)(entry.Cdw11 >> 1 & 3);
        DoorbellState tail = _context.Doorbells.Open(DoorbellMemory.TailId(id), lastEntry + 1);
        owner.Task.PostAddQueue(new SubmissionQueueDefinition(id, entry.Prp1, lastEntry + 1, tail, priority));
        owner.SubmissionQueues++;
        _submissionQueues[id] = owner;
        HasCreated = true;
        return StatusCode.Success;
    }

    private StatusCode? DeleteSubmissionQueue(AdminCommand command)
    {
        var id = (ushort)command.Entry.Cdw10;
        if (!IsId(id) || _submissionQueues[id] is not { } owner || !_leavingSubmissionQueues.Add(id))
            return command.Refuse(StatusCode.InvalidQueueIdentifier, QueueIdByte);
        _context.Doorbells.Close(DoorbellMemory.TailId(id));
        owner.Task.PostRemoveQueue(id, () => _admin.Post(() =>
        {
            // A reset may have overtaken the deletion, and a queue of that identifier may exist again.
            if (_submissionQueues[id] == owner && _leavingSubmissionQueues.Remove(id))
            {
                _submissionQueues[id] = null;
                owner.SubmissionQueues--;
            }
            _admin.Complete(command, StatusCode.Success);
        }));
        return null;
    }

    private StatusCode? DeleteCompletionQueue(AdminCommand command)
    {
        var id = (ushort)command.Entry.Cdw10;
        if (!IsId(id) || _completionQueues[id] is not { IsStopping: false } owner)
            return command.Refuse(StatusCode.InvalidQueueIdentifier, QueueIdByte);
        if (owner.SubmissionQueues != 0)
            return command.Refuse(StatusCode.InvalidQueueDeletion, QueueIdByte);
        _context.Doorbells.Close(DoorbellMemory.HeadId(id));
        Stop(owner, () =>
        {
            if (_completionQueues[id] == owner)
                _completionQueues[id] = null; // a reset may have overtaken the deletion
            _admin.Complete(command, StatusCode.Success);
        });
        return null;
    }

    /// <summary>What both kinds of queue check of size, entry size and place.</summary>
    private StatusCode CheckMemory(AdminCommand command, uint lastEntry, bool isEntrySizeSet)
    {
        if (lastEntry == 0 || lastEntry > _context.Capabilities.MaximumQueueEntriesSupported || !isEntrySizeSet)
            return command.Refuse(StatusCode.InvalidQueueSize, QueueSizeByte);
        if ((command.Entry.Cdw11 & Contiguous) == 0) // CAP.CQR
            return command.Refuse(StatusCode.InvalidField, ContiguousByte);
        return (command.Entry.Prp1 & PageMask) == 0
            ? StatusCode.Success
            : command.Refuse(StatusCode.PrpOffsetInvalid, Prp1Byte);
    }

    /// <summary>The feature Arbitration has a value.</summary>
    public void SetArbitration(uint feature)
    {
        _arbitration = feature;
        Io.Arbitration = new ArbitrationPlan(feature, _isWeighted);
    }

    /// <summary>CC.AMS, when the controller is enabled.</summary>
    public void SetMechanism(ArbitrationMechanism mechanism)
    {
        _isWeighted = mechanism == ArbitrationMechanism.WeightedRoundRobin;
        SetArbitration(_arbitration);
    }

    private bool IsId(ushort id) => id != 0 && id <= MaxQueueId;
}
