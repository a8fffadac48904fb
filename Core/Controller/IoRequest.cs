using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
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

    /// <summary>First logical block, for the error log.</summary>
    public ulong Lba;

    /// <summary>Out of the pool: a disk has it, or its completion could not be posted yet.</summary>
    public bool IsTaken;

    /// <summary>The host wants it aborted: no further step is taken.</summary>
    public bool IsAborted;

    /// <summary>What holds the guest's memory while a disk has it.</summary>
    public int Transfer;

    /// <summary>What the disk said. Written before the request is listed as completed.</summary>
    public DiskStatus Answer;

    /// <summary>How the command ended, while its completion could not be posted.</summary>
    public Spec.StatusCode Ended;

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

    /// <summary>The command waits for something else than a disk.</summary>
    /// <returns>The token to complete it with.</returns>
    public ulong Pend()
    {
        Namespace = null;
        Begin();
        return Token;
    }

    /// <inheritdoc/>
    protected override void OnCompleted(DiskStatus status)
    {
        Answer = status;
        _task.OnCompleted(this);
    }
}
