using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The log pages that every controller has: errors, health, firmware, changed namespaces, effects.</summary>
internal sealed class ControllerLogPages
{
    private const int FirmwareSlotLengthBytes = 512;
    private const int EffectsLengthBytes = 4096;
    private const int FeatureEffectsLengthBytes = 1024;
    private const int NamespaceIdByte = 4;
    private const int CommandSetByte = 59;

    // Of an I/O command: CSUPP; LBCC, it changes what blocks hold; CSP, it is about a namespace.
    private const uint CommandSupported = 1;
    private const uint ChangesContent = 1 << 1;
    private const uint NamespaceScope = 1 << 20;

    private static readonly IoOpcode[] ContentChanging =
    [
        IoOpcode.Write,
        IoOpcode.WriteUncorrectable,
        IoOpcode.WriteZeroes,
        IoOpcode.DatasetManagement,
        IoOpcode.Copy,
    ];

    private readonly ControllerContext _context;
    private readonly SmartLog _smart;
    private readonly FeatureTable _features;
    private readonly AdminCommandTable _table;

    public ControllerLogPages(
        ControllerContext context,
        QueueCommands queues,
        FeatureTable features,
        AdminCommandTable table,
        LogPageCommands pages)
    {
        _context = context;
        _smart = new SmartLog(context, queues);
        _features = features;
        _table = table;
        pages.Add(LogPageId.ErrorInformation, ErrorLog.Entries * ErrorLog.EntryBytes, WriteErrors);
        pages.Add(LogPageId.Smart, SmartLog.LengthBytes, WriteSmart);
        pages.Add(LogPageId.FirmwareSlot, FirmwareSlotLengthBytes, WriteFirmwareSlot);
        pages.Add(
            LogPageId.ChangedNamespaces,
            ChangedNamespaces.LengthBytes,
            WriteChangedNamespaces,
            onRead: context.ChangedNamespaces.Clear);
        pages.Add(
            LogPageId.ReservationNotification,
            ReservationLog.LengthBytes,
            WriteReservations,
            onRead: context.Member.ReservationLog.Advance);
        pages.Add(LogPageId.SanitizeStatus, SanitizeStatus.LengthBytes, WriteSanitizeStatus);
        pages.Add(LogPageId.CommandsSupportedAndEffects, EffectsLengthBytes, WriteEffects);
        pages.Add(LogPageId.ManagementInterfaceEffects, EffectsLengthBytes, static (_, _) => StatusCode.Success); // none
        pages.Add(LogPageId.FeaturesSupportedAndEffects, FeatureEffectsLengthBytes, WriteFeatureEffects);
    }

    private StatusCode WriteErrors(AdminCommand command, Span<byte> page)
    {
        _context.ErrorLog.CopyTo(page);
        return StatusCode.Success;
    }

    private StatusCode WriteSmart(AdminCommand command, Span<byte> page)
    {
        if (command.Entry.NamespaceId is not (NamespaceIds.None or NamespaceIds.All))
            return command.Refuse(StatusCode.InvalidField, NamespaceIdByte); // LPA: the page is the controller's
        _smart.Write(page);
        return StatusCode.Success;
    }

    private static StatusCode WriteFirmwareSlot(AdminCommand command, Span<byte> page)
    {
        page[0] = 1; // slot 1 is active
        System.Text.Encoding.ASCII.GetBytes(ControllerIdentity.FirmwareRevision.PadRight(8), page[8..]);
        return StatusCode.Success;
    }

    private StatusCode WriteChangedNamespaces(AdminCommand command, Span<byte> page)
    {
        _context.ChangedNamespaces.CopyTo(page);
        return StatusCode.Success;
    }

    private StatusCode WriteReservations(AdminCommand command, Span<byte> page)
    {
        _context.Member.ReservationLog.CopyTo(page);
        return StatusCode.Success;
    }

    private StatusCode WriteSanitizeStatus(AdminCommand command, Span<byte> page)
    {
        _context.Subsystem.WriteSanitizeStatus(page);
        return StatusCode.Success;
    }

    private StatusCode WriteEffects(AdminCommand command, Span<byte> page)
    {
        if (command.Entry.Cdw14 >> 24 != 0)
            return command.Refuse(StatusCode.InvalidField, CommandSetByte); // another command set than NVM
        for (int opcode = 0; opcode < 256; opcode++)
        {
            WriteDword(page, opcode, _table.GetEffects(opcode));
            if (!IoCommandTable.Has((byte)opcode))
                continue;
            uint changes = Array.IndexOf(ContentChanging, (IoOpcode)opcode) >= 0 ? ChangesContent : 0;
            WriteDword(page, 256 + opcode, CommandSupported | changes | NamespaceScope);
        }
        return StatusCode.Success;
    }

    private StatusCode WriteFeatureEffects(AdminCommand command, Span<byte> page)
    {
        for (int id = 0; id < 256; id++)
            WriteDword(page, id, _features.GetEffects((byte)id));
        return StatusCode.Success;
    }

    private static void WriteDword(Span<byte> page, int index, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(page[(index * sizeof(uint))..], value);
}
