using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// An I/O command on its way through a disk. Belongs to one task for life; everything but the completion happens on that
/// task's thread.
/// </summary>
internal sealed class IoRequest : DiskRequest, IListed<IoRequest>
{
    private readonly IoTask _task;

    /// <param name="task">Its task.</param>
    /// <param name="segments">Holds the segments of several requests.</param>
    /// <param name="offsetBytes">Where those of this one are.</param>
    /// <param name="maxSegments">How many.</param>
    public IoRequest(IoTask task, NativeBlock segments, int offsetBytes, int maxSegments)
        : base(segments, offsetBytes, maxSegments) => _task = task;

    /// <summary>The task's counters.</summary>
    public IoCounters Counters => _task.Counters;

    /// <inheritdoc/>
    public IoRequest? Link { get; set; }

    /// <summary>The queue that the command came from.</summary>
    public IoQueue Queue = null!;

    /// <summary>What goes on with it when the disk has answered.</summary>
    public IoCommand Command = null!;

    /// <summary>The namespace whose disk has it.</summary>
    public Namespace? Namespace;

    /// <summary>Command Dword 0.</summary>
    public uint Cdw0;

    public ushort CommandId => (ushort)(Cdw0 >> 16);

    public byte Opcode => (byte)Cdw0;

    public uint NamespaceId;

    /// <summary>By what it is timed, once it is out of the pool.</summary>
    public LatencySample Noticed;

    /// <summary>First logical block, for the error log.</summary>
    public ulong Lba;

    /// <summary>Out of the pool: a disk has it, or its completion could not be posted yet.</summary>
    public bool IsTaken;

    /// <summary>The host wants it aborted: no further step is taken.</summary>
    public bool IsAborted;

    /// <summary>
    /// The disk has been asked to give the command up: told, when it has ended, whether it has been aborted.
    /// </summary>
    public Action<bool>? Aborting;

    /// <summary>It holds no memory.</summary>
    public const int NoTransfer = -1;

    /// <summary>What holds the guest's memory while a disk has it.</summary>
    public int Transfer = NoTransfer;

    /// <summary>In place of guest memory that is not mapped here; null: the request has met none such yet.</summary>
    public BounceBuffer? Bounce;

    /// <summary>
    /// What the disk said; Pending: nothing, the command is to go on where it waited. Written before the request is
    /// listed as completed.
    /// </summary>
    public DiskStatus Answer;

    /// <summary>How the command ended, while its completion could not be posted.</summary>
    public StatusCode Ended;

    /// <summary>The command itself, of one that waits to be started (again).</summary>
    public SubmissionEntry Entry;

    /// <summary>What it holds while it goes from step to step.</summary>
    public IoBuffer? Buffer;

    /// <summary>The section that has released it, until it goes on. Written by whoever releases it.</summary>
    public AtomicSection? ReleasedBy;

    /// <summary>It goes on because a section has released it, and does not park again. Its task alone.</summary>
    public bool IsReleased;

    /// <summary>The section that it holds, or waits for, and must leave.</summary>
    public AtomicSection? Section;

    /// <summary>Of the first command of a fused pair: the second, until that goes its own way.</summary>
    public IoRequest? Partner;

    /// <summary>Gives the request to the disk of <paramref name="target"/>.</summary>
    /// <returns>The final status, or <see cref="DiskStatus.Pending"/>: it will be on the completion list.</returns>
    public DiskStatus Submit(Namespace target)
    {
        Namespace = target;
        Begin();
        DiskStatus status;
        try
        {
            status = target.Disk.Submit(this);
        }
        catch (Exception)
        {
            // A disk is the embedder's code: its defect fails the command, not the reactor's thread.
            status = DiskStatus.InternalError;
        }
        // A disk that answers both ways is heard once: whoever claims first wins.
        return status == DiskStatus.Pending || !TryClaim() ? DiskStatus.Pending : status;
    }

    /// <summary>
    /// Asks the disk that has the request to give it up. True: it completes the request soon, if it has not done so.
    /// </summary>
    public bool TryCancel()
    {
        if (!IsInFlight || Namespace?.Disk is not ICancellingDisk disk)
            return false;
        try
        {
            return disk.TryCancel(this, Token);
        }
        catch (Exception)
        {
            return false; // as in Submit
        }
    }

    /// <summary>The command waits for something else than a disk.</summary>
    /// <returns>The token to complete it with.</returns>
    public ulong Pend()
    {
        Namespace = null;
        Begin();
        return Token;
    }

    /// <summary>
    /// One step of several: as <see cref="Submit"/>, but an answer at once is listed too, so that the other commands of
    /// the task, and its reactor's other tasks, get their turns between two steps.
    /// </summary>
    public StatusCode SubmitStep(Namespace target)
    {
        DiskStatus answer = Submit(target);
        if (answer != DiskStatus.Pending)
            OnCompleted(answer);
        return IoCommand.Pending;
    }

    /// <summary>
    /// Has its command go on where it waited: listed as if a disk had completed it, with no answer. Any thread.
    /// </summary>
    public void Resume() => OnCompleted(DiskStatus.Pending);

    /// <summary>Has one stretch of memory for the disk.</summary>
    public void SetSegment(GuestSegment segment)
    {
        SegmentBuffer[0] = segment;
        SetSegments(1, segment.LengthBytes);
    }

    /// <summary>Wants the blocks that its buffer names to itself; it is resumed when it has them.</summary>
    public void EnterSection(AtomicSection section)
    {
        Section = section;
        section.Enter(this);
    }

    /// <summary>Leaves the section that it holds, if it holds one.</summary>
    public void LeaveSection()
    {
        Section?.Leave();
        Section = null;
    }

    /// <summary>Takes a buffer, if it has none. False: none is free; the command waits, and is started anew with one.</summary>
    public bool TryTakeBuffer(in SubmissionEntry entry)
    {
        if (Buffer is not null || _task.Buffers.TryTake(this))
            return true;
        Entry = entry;
        Namespace = null; // it will be looked up again: a removal need not wait for it
        return false;
    }

    /// <summary>Keeps its segments in its buffer, which has room for more, until it gives that back.</summary>
    public void ExtendSegments() => Buffer!.Replaced ??= ExchangeSegments(Buffer.Segments);

    /// <summary>Gives its buffer back, if it has one.</summary>
    public void ReturnBuffer()
    {
        if (Buffer is null)
            return;
        if (Buffer.Replaced is { } own)
            ExchangeSegments(own);
        Buffer.Replaced = null;
        _task.Buffers.Return(this);
    }

    /// <inheritdoc/>
    protected override void OnCompleted(DiskStatus status)
    {
        Answer = status;
        _task.OnCompleted(this);
    }
}
