using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Namespace Management and Namespace Attachment (NVMe Base 2.0, the commands of these names). Offered where the
/// subsystem has a pool to make namespaces of.
/// </summary>
internal sealed class NamespaceCommands
{
    private const int PageBytes = 4096;
    private const uint SelectMask = 0xF;
    private const int MaxControllers = 2047;

    // NIC, the list of namespaces; LBCC where one is deleted; no other command to that namespace meanwhile.
    private const uint Effects = 1 << 1 | 1 << 3 | 1 << 16;

    private readonly ControllerContext _context;
    private readonly AdminTransfer _transfer;
    private readonly IAdminCompletion _admin;
    private readonly byte[] _page = new byte[PageBytes];

    public NamespaceCommands(
        ControllerContext context, AdminTransfer transfer, IAdminCompletion admin, AdminCommandTable table)
    {
        _context = context;
        _transfer = transfer;
        _admin = admin;
        table.Add(AdminOpcode.NamespaceManagement, Manage, Effects);
        table.Add(AdminOpcode.NamespaceAttachment, Attach, Effects);
    }

    private StatusCode? Manage(AdminCommand command)
    {
        StatusCode status = (command.Entry.Cdw10 & SelectMask) switch
        {
            0 => Create(command),
            1 => _context.Subsystem.StartDelete(command.Entry.NamespaceId, status => Complete(command, status)),
            _ => StatusCode.InvalidField,
        };
        return status == StatusCode.Success ? null : status;
    }

    private StatusCode Create(AdminCommand command)
    {
        if (command.Entry.NamespaceId != NamespaceIds.None)
            return StatusCode.InvalidField;
        if (command.Entry.Cdw11 >> 24 != 0) // CSI
            return StatusCode.IoCommandSetNotSupported;
        StatusCode status = _transfer.FromGuest(command, _page);
        if (status != StatusCode.Success)
            return status;
        var data = new IdentifyNamespaceData(_page);
        int shift = LbaFormats.GetShift(data.FormattedLbaSize & 0x0F | data.FormattedLbaSize >> 1 & 0x30, null);
        if (shift == 0)
            return StatusCode.InvalidFormat;
        // ANAGRPID; NVMSETID and ENDGID: there are no such groups.
        bool hasGroup = _page.AsSpan(92, 4).ContainsAnyExcept((byte)0) || _page.AsSpan(100, 4).ContainsAnyExcept((byte)0);
        if (data.SizeBlocks == 0 || data.CapacityBlocks > data.SizeBlocks || data.ProtectionSettings != 0
            || data.SharingCapabilities > 1 || hasGroup)
        {
            return StatusCode.InvalidField;
        }
        if (data.CapacityBlocks < data.SizeBlocks)
            return StatusCode.ThinProvisioningNotSupported;
        return _context.Subsystem.StartCreate(
            data.SizeBlocks, shift, data.SharingCapabilities != 0,
            (ended, nsid) => Complete(command, ended, nsid));
    }

    private StatusCode? Attach(AdminCommand command)
    {
        uint select = command.Entry.Cdw10 & SelectMask;
        if (select > 1)
            return StatusCode.InvalidField;
        StatusCode status = _transfer.FromGuest(command, _page);
        if (status != StatusCode.Success)
            return status;
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(_page);
        if (count is 0 or > MaxControllers)
            return StatusCode.ControllerListInvalid;
        var ids = new ushort[count];
        for (int index = 0; index < count; index++)
        {
            ids[index] = BinaryPrimitives.ReadUInt16LittleEndian(_page.AsSpan(2 + 2 * index));
            if (index > 0 && ids[index] <= ids[index - 1])
                return StatusCode.ControllerListInvalid;
        }
        uint nsid = command.Entry.NamespaceId;
        status = select == 0
            ? _context.Subsystem.StartAttach(nsid, ids, ended => Complete(command, ended))
            : _context.Subsystem.StartDetach(nsid, ids, ended => Complete(command, ended));
        return status == StatusCode.Success ? null : status;
    }

    private void Complete(AdminCommand command, StatusCode status, uint nsid = 0) => _context.Member.Post(() =>
    {
        command.Result = nsid;
        _admin.Complete(command, status);
    });
}
