using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The Identify command (NVMe Base 2.0, "Identify command"; NVM Command Set 1.0 for what is specific to it).
/// </summary>
internal sealed class IdentifyCommands
{
    private const int PageBytes = 4096;
    private const int CommandSetCombinations = 512;
    private const int MaxListedControllers = 2047;

    private readonly ControllerContext _context;
    private readonly AdminTransfer _transfer;
    private readonly byte[] _page = new byte[PageBytes];

    public IdentifyCommands(ControllerContext context, AdminTransfer transfer, AdminCommandTable table)
    {
        _context = context;
        _transfer = transfer;
        table.Add(AdminOpcode.Identify, Identify);
    }

    private StatusCode? Identify(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        uint nsid = entry.NamespaceId;
        byte commandSet = (byte)(entry.Cdw11 >> 24);
        Array.Clear(_page);
        StatusCode status = (IdentifyCns)(byte)entry.Cdw10 switch
        {
            IdentifyCns.Namespace => WriteNamespace(nsid),
            IdentifyCns.Controller => WriteController(),
            IdentifyCns.ActiveNamespaceList => WriteNamespaceList(nsid),
            IdentifyCns.NamespaceDescriptorList => WriteDescriptors(nsid),
            IdentifyCns.CommandSetNamespace => ForNvm(commandSet, CheckId(nsid)), // no extended LBA formats: zeroes
            IdentifyCns.CommandSetController => ForNvm(commandSet, StatusCode.Success), // no limits of its own: zeroes
            IdentifyCns.CommandSetActiveNamespaceList => ForNvm(commandSet, WriteNamespaceList(nsid)),
            IdentifyCns.IndependentNamespace => WriteIndependent(nsid),
            IdentifyCns.AllocatedNamespaceList => WriteAllocatedList(nsid),
            IdentifyCns.AllocatedNamespace => WriteAllocated(nsid),
            IdentifyCns.AttachedControllerList => WriteAttachedControllers(nsid, (ushort)(entry.Cdw10 >> 16)),
            IdentifyCns.ControllerList =>
                WriteControllers(_context.Subsystem.GetControllerIds(), (ushort)(entry.Cdw10 >> 16)),
            IdentifyCns.CommandSetAllocatedNamespaceList => ForNvm(commandSet, WriteAllocatedList(nsid)),
            IdentifyCns.CommandSetAllocatedNamespace => ForNvm(commandSet, CheckId(nsid)),
            IdentifyCns.CommandSetList => WriteCommandSets(),
            _ => StatusCode.InvalidField,
        };
        return status == StatusCode.Success ? _transfer.ToGuest(command, _page) : status;
    }

    private static StatusCode ForNvm(byte commandSet, StatusCode status) =>
        commandSet == 0 ? status : StatusCode.InvalidField;

    private static StatusCode CheckId(uint nsid) =>
        nsid is >= 1 and <= NamespaceTable.MaxId ? StatusCode.Success : StatusCode.InvalidNamespaceOrFormat;

    private StatusCode WriteController()
    {
        ControllerIdentity.Write(_context, _page);
        return StatusCode.Success;
    }

    private StatusCode WriteNamespace(uint nsid)
    {
        if (nsid == NamespaceIds.All && _context.Subsystem.Options.Pool is not null)
        {
            NamespaceIdentity.WriteCommon(_page);
            return StatusCode.Success;
        }
        if (_context.Namespaces.TryGet(nsid, out Namespace? found))
            NamespaceIdentity.Write(found, _page);
        return CheckId(nsid); // of an identifier that is valid but not active, the structure is all zero
    }

    private StatusCode WriteIndependent(uint nsid)
    {
        if (_context.Namespaces.TryGet(nsid, out Namespace? found))
            NamespaceIdentity.WriteIndependent(found, _page);
        return CheckId(nsid);
    }

    private StatusCode WriteDescriptors(uint nsid)
    {
        if (!_context.Namespaces.TryGet(nsid, out _))
            return StatusCode.InvalidNamespaceOrFormat;
        NamespaceIdentity.WriteDescriptors(_context.Subsystem.Options.Serial, nsid, _page);
        return StatusCode.Success;
    }

    private StatusCode WriteNamespaceList(uint after)
    {
        if (after > NamespaceIds.Highest)
            return StatusCode.InvalidNamespaceOrFormat;
        int offset = 0;
        foreach (Namespace? candidate in _context.Namespaces.All)
        {
            if (candidate is null || candidate.Id <= after || offset == PageBytes)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(_page.AsSpan(offset), candidate.Id);
            offset += 4;
        }
        return StatusCode.Success;
    }

    private StatusCode WriteAllocatedList(uint after)
    {
        if (after > NamespaceIds.Highest)
            return StatusCode.InvalidNamespaceOrFormat;
        int offset = 0;
        foreach (uint nsid in _context.Subsystem.GetAllocatedIds(after))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_page.AsSpan(offset), nsid);
            offset += 4;
        }
        return StatusCode.Success;
    }

    private StatusCode WriteAllocated(uint nsid)
    {
        if (_context.Subsystem.FindAllocated(nsid) is { } found)
            NamespaceIdentity.Write(found, _page);
        return CheckId(nsid);
    }

    private StatusCode WriteAttachedControllers(uint nsid, ushort from)
    {
        StatusCode status = CheckId(nsid);
        return status == StatusCode.Success
            ? WriteControllers(_context.Subsystem.GetAttachedControllerIds(nsid), from)
            : status;
    }

    private StatusCode WriteControllers(ushort[] ids, ushort from)
    {
        int count = 0;
        foreach (ushort id in ids)
        {
            if (id >= from && count < MaxListedControllers)
                BinaryPrimitives.WriteUInt16LittleEndian(_page.AsSpan(2 * ++count), id);
        }
        BinaryPrimitives.WriteUInt16LittleEndian(_page, (ushort)count);
        return StatusCode.Success;
    }

    private StatusCode WriteCommandSets()
    {
        // One combination, the NVM Command Set alone; the other 511 are not offered.
        BinaryPrimitives.WriteUInt64LittleEndian(_page.AsSpan(0, PageBytes / CommandSetCombinations), 1);
        return StatusCode.Success;
    }
}
