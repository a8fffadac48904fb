using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A command on a range of logical blocks. NVM Command Set Specification 1.0, "Read command", "Write command", "Write
/// Zeroes command": SLBA in CDW10 and CDW11, CDW12 with NLB (0-based) in 15:0, FUA in 30.
/// </summary>
internal abstract class BlockCommand : IoCommand
{
    /// <summary>CDW12 of commands that write: DTYPE. No directive is supported, so it must be 0.</summary>
    protected const uint DirectiveTypeMask = 0xFu << 20;

    private const uint ForceUnitAccessBit = 1u << 30;

    /// <summary>Finds the namespace and the range, checks both, and puts the range into the request.</summary>
    /// <param name="context">The controller's side.</param>
    /// <param name="request">Receives offset, length and FUA.</param>
    /// <param name="entry">The command.</param>
    /// <param name="maxBytes">The longest range.</param>
    /// <param name="changesData">The command changes data, and so needs more leave than one that reads.</param>
    /// <param name="target">The namespace.</param>
    /// <returns>Success, or why the command ends here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static StatusCode Locate(
        IoContext context,
        IoRequest request,
        in SubmissionEntry entry,
        ulong maxBytes,
        bool changesData,
        out Namespace? target)
    {
        ulong firstBlock = entry.Cdw10 | ((ulong)entry.Cdw11 << 32);
        uint blockCount = (entry.Cdw12 & 0xFFFF) + 1;
        request.Lba = firstBlock;
        if (!context.Namespaces.TryGet(entry.NamespaceId, out target))
            return Refuse(StatusCode.InvalidNamespaceOrFormat);
        ulong lengthBytes = (ulong)blockCount << target.BlockShift;
        if (lengthBytes > maxBytes)
            return Refuse(StatusCode.InvalidField);
        if (!target.Contains(firstBlock, blockCount))
            return Refuse(StatusCode.LbaOutOfRange);
        StatusCode refusal = changesData ? target.WriteRefusal : target.ReadRefusal;
        if (refusal != StatusCode.Success)
            return refusal;
        request.OffsetBytes = firstBlock << target.BlockShift;
        request.LengthBytes = lengthBytes;
        request.ForceUnitAccess = IsDurable(context, in entry);
        return StatusCode.Success;
    }

    /// <summary>Whether what the command writes is durable before it completes: by FUA, or without a write cache.</summary>
    protected static bool IsDurable(IoContext context, in SubmissionEntry entry) =>
        (entry.Cdw12 & ForceUnitAccessBit) != 0 || context.WritesThrough;

    /// <summary>
    /// The last look before a located command goes to the disk: whether its blocks can be read, and are nobody else's.
    /// </summary>
    /// <returns>Success; Pending: it is parked, and will be started anew; or the status it ends with.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static StatusCode AdmitStart(
        IoRequest request, Namespace target, bool changesData, in SubmissionEntry entry) =>
        target.Blocks.IsSpecial ? AdmitSpecial(request, target, changesData, in entry) : StatusCode.Success;

    /// <summary>As <see cref="AdmitStart"/>, where the blocks are special, for a step of a command.</summary>
    protected static StatusCode Admit(IoRequest request, Namespace target, bool changesData)
    {
        SharedBlocks blocks = target.Blocks;
        if (!request.IsReleased && blocks.Section.TryPark(request))
            return Pending;
        return !changesData && blocks.IsUncorrectable(request.OffsetBytes, request.LengthBytes)
            ? Refuse(StatusCode.UnrecoveredReadError)
            : StatusCode.Success;
    }

    /// <summary>The request's range has been written, zeroed or deallocated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void OnWritten(IoRequest request)
    {
        SharedBlocks blocks = request.Namespace!.Blocks;
        if (blocks.IsSpecial)
            blocks.OnWritten(request.OffsetBytes, request.LengthBytes);
    }

    /// <summary>
    /// What becomes of a command whose data could not be found: where a scatter gather list has more stretches than a
    /// request holds, it goes on with a buffer that holds them; otherwise it ends.
    /// </summary>
    /// <param name="context">The controller's side.</param>
    /// <param name="request">Ready for the disk but for its segments.</param>
    /// <param name="entry">The command.</param>
    /// <param name="target">Its namespace.</param>
    /// <param name="access">What the device does with the data.</param>
    /// <param name="status">Why the data could not be found.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected static StatusCode StartExtended(
        IoContext context,
        IoRequest request,
        in SubmissionEntry entry,
        Namespace target,
        GuestAccess access,
        StatusCode status)
    {
        if (status.WithoutFlags() != StatusCode.InvalidSglDescriptorCount)
            return status;
        if (!request.TryTakeBuffer(in entry))
            return Pending;
        request.ExtendSegments();
        status = context.MapData(in entry, (uint)request.LengthBytes, access, request);
        if (status == StatusCode.Success)
            return request.SubmitStep(target);
        request.ReturnBuffer();
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StatusCode AdmitSpecial(
        IoRequest request, Namespace target, bool changesData, in SubmissionEntry entry)
    {
        request.Entry = entry;
        request.Namespace = null; // it will be looked up again: a removal need not wait for it
        return Admit(request, target, changesData);
    }
}
