using System.Diagnostics.CodeAnalysis;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A command that takes several requests of the disk, one after the other, and a buffer while it is under way. The
/// reactor's other work is done between its steps; a reset, the deletion of its queue or the removal of its namespace ends
/// it after the step that is with the disk.
/// </summary>
internal abstract class SteppedCommand : BlockCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        if (!request.TryTakeBuffer(in entry))
            return Pending;
        StatusCode status = TryPrepare(context, request, in entry);
        if (status == StatusCode.Success)
            status = Next(context, request);
        if (status != Pending)
            request.ReturnBuffer();
        return status;
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        StatusCode status = OnStep(request, request.Buffer!, answer);
        return status == StatusCode.Success ? Next(context, request) : status;
    }

    public override StatusCode Resume(IoContext context, IoRequest request) =>
        request.Buffer is { IsPrepared: true } ? Next(context, request) : base.Resume(context, request);

    /// <inheritdoc/>
    public override bool HasStepsLeft(IoRequest request) => true;

    /// <summary>Prepares, and notes that it has been done.</summary>
    protected StatusCode TryPrepare(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        StatusCode status = Prepare(context, request, request.Buffer!, in entry, out Namespace? target);
        if (status != StatusCode.Success)
            return status;
        request.Namespace = target;
        request.Buffer!.IsPrepared = true;
        return StatusCode.Success;
    }

    /// <summary>Checks all that can be checked of the command, and puts into the buffer what its steps need to know.</summary>
    protected abstract StatusCode Prepare(
        IoContext context, IoRequest request, IoBuffer buffer, in SubmissionEntry entry, out Namespace? target);

    /// <summary>Makes the request that of the step whose turn it is. False: the last one has been taken.</summary>
    protected abstract bool SetStep(IoRequest request, IoBuffer buffer);

    /// <summary>A step has ended: notes that it is done.</summary>
    /// <returns>Success, or the status the command ends with.</returns>
    protected abstract StatusCode OnStep(IoRequest request, IoBuffer buffer, DiskStatus answer);

    /// <summary>The last step has been done.</summary>
    protected virtual void OnEnd(IoRequest request, IoBuffer buffer)
    {
    }

    /// <summary>Takes the step whose turn it is.</summary>
    protected StatusCode Next(IoContext context, IoRequest request)
    {
        if (request.Queue.IsRemoving)
            return StatusCode.AbortedSqDeletion;
        if (!TryGetSame(context, request, out Namespace? target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        if (!SetStep(request, request.Buffer!))
        {
            OnEnd(request, request.Buffer!);
            return StatusCode.Success;
        }
        bool changesData = request.Operation != DiskOperation.Read;
        StatusCode status = changesData ? target.WriteRefusal : target.ReadRefusal;
        if (status == StatusCode.Success && !Contains(target, request))
            status = Refuse(StatusCode.LbaOutOfRange); // it has been made smaller since
        if (status == StatusCode.Success && target.Blocks.IsSpecial)
            status = Admit(request, target, changesData);
        return status == StatusCode.Success ? request.SubmitStep(target) : status;
    }

    private static bool Contains(Namespace target, IoRequest request) => target.Contains(
        request.OffsetBytes >> target.BlockShift, (uint)(request.LengthBytes >> target.BlockShift));

    /// <summary>The namespace that the command has begun with, if it is there still.</summary>
    private static bool TryGetSame(IoContext context, IoRequest request, [NotNullWhen(true)] out Namespace? target) =>
        context.Namespaces.TryGet(request.NamespaceId, out target) && target.Allocated == request.Namespace!.Allocated;
}
