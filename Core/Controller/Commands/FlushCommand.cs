using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Flush (00h): of one namespace, or of all with NSID FFFFFFFFh, one after the other. Base Specification 2.0, "Flush
/// command".
/// </summary>
internal sealed class FlushCommand : IoCommand
{
    public override StatusCode Start(IoContext context, IoRequest request, in SubmissionEntry entry)
    {
        request.Operation = DiskOperation.Flush;
        request.ClearSegments();
        request.OffsetBytes = 0;
        request.LengthBytes = 0;
        request.ForceUnitAccess = false;
        if (entry.NamespaceId == NamespaceIds.All)
            return FlushFrom(context, request, 1);
        if (!context.Namespaces.TryGet(entry.NamespaceId, out Namespace? target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        if (target.FlushRefusal != StatusCode.Success)
            return target.FlushRefusal;
        DiskStatus answer = request.Submit(target);
        return answer == DiskStatus.Pending ? Pending : StatusOf(answer);
    }

    public override StatusCode Continue(IoContext context, IoRequest request, DiskStatus answer)
    {
        if (answer != DiskStatus.Success || request.NamespaceId != NamespaceIds.All)
            return StatusOf(answer);
        return request.Queue.IsRemoving
            ? StatusCode.AbortedSqDeletion
            : FlushFrom(context, request, request.Namespace!.Id + 1);
    }

    /// <inheritdoc/>
    public override bool HasStepsLeft(IoRequest request) => request.NamespaceId == NamespaceIds.All;

    /// <summary>Flushes what there is from an identifier on. A namespace that comes or goes meanwhile may be left out.</summary>
    private static StatusCode FlushFrom(IoContext context, IoRequest request, uint id)
    {
        ReadOnlySpan<Namespace?> all = context.Namespaces.All;
        for (; id < (uint)all.Length; id++)
        {
            if (all[(int)id] is not { } target)
                continue;
            if (target.FlushRefusal != StatusCode.Success)
                return target.FlushRefusal;
            DiskStatus answer = request.Submit(target);
            if (answer == DiskStatus.Pending)
                return Pending;
            if (answer != DiskStatus.Success)
                return StatusOf(answer);
        }
        return StatusCode.Success;
    }
}
