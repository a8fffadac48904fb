using System.Runtime.CompilerServices;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A command on a range of logical blocks. NVM Command Set Specification 1.0, "Read command", "Write command", "Write
/// Zeroes command": SLBA in CDW10 and CDW11, CDW12 with NLB (0-based) in 15:0, FUA in 30.
/// </summary>
internal abstract class BlockCommand : IoCommand
{
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
        request.ForceUnitAccess = (entry.Cdw12 & ForceUnitAccessBit) != 0 || context.WritesThrough;
        return StatusCode.Success;
    }
}
