using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Get Log Page (NVMe Base 2.0, "Get Log Page command").</summary>
internal sealed class LogPageCommands
{
    private const uint RetainAsynchronousEvent = 1 << 15;
    private const uint OffsetIsIndex = 1 << 23;
    private const uint LogPageSupported = 1;
    private const int FirmwareSlotLengthBytes = 512;
    private const int EffectsLengthBytes = 4096;

    // Which I/O commands there are, and what they change: LBCC, logical block content change.
    private const uint CommandSupported = 1;
    private const uint ChangesContent = 2;

    private readonly ControllerContext _context;
    private readonly AdminTransfer _transfer;
    private readonly AsynchronousEvents _events;
    private readonly SmartLog _smart;
    private readonly AdminCommandTable _table;
    private readonly byte[] _page = new byte[ErrorLog.Entries * ErrorLog.EntryBytes];

    public LogPageCommands(
        ControllerContext context,
        AdminTransfer transfer,
        AsynchronousEvents events,
        QueueCommands queues,
        FeatureTable features,
        AdminCommandTable table)
    {
        _context = context;
        _transfer = transfer;
        _events = events;
        _smart = new SmartLog(context, queues, features);
        _table = table;
        table.Add(AdminOpcode.GetLogPage, GetLogPage);
    }

    private StatusCode? GetLogPage(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        var page = (LogPageId)(byte)entry.Cdw10;
        bool retain = (entry.Cdw10 & RetainAsynchronousEvent) != 0;
        Array.Clear(_page);
        int length = Write(page, entry, retain, out StatusCode status);
        if (status != StatusCode.Success)
            return status;
        ulong wanted = ((ulong)(entry.Cdw11 & 0xFFFF) << 16 | entry.Cdw10 >> 16) + 1 << 2;
        ulong offset = (ulong)entry.Cdw13 << 32 | entry.Cdw12;
        if (wanted > _transfer.MaxTransferBytes || offset % 4 != 0 || offset > (ulong)length
            || (entry.Cdw14 & OffsetIsIndex) != 0)
        {
            return StatusCode.InvalidField;
        }
        // What lies past the end of the page is not transferred.
        int count = (int)Math.Min(wanted, (ulong)length - offset);
        status = _transfer.ToGuest(command, _page.AsSpan((int)offset, count));
        if (status != StatusCode.Success)
            return status;
        if (!retain)
        {
            if (page == LogPageId.ChangedNamespaces)
                _context.ChangedNamespaces.Clear();
            else if (page == LogPageId.ReservationNotification)
                _context.Member.ReservationLog.Advance();
            _events.OnLogPageRead(page);
        }
        return status;
    }

    private int Write(LogPageId page, in SubmissionEntry entry, bool retain, out StatusCode status)
    {
        status = StatusCode.Success;
        switch (page)
        {
            case LogPageId.SupportedLogPages:
                for (int identifier = 0; identifier <= (int)LogPageId.CommandsSupportedAndEffects; identifier++)
                    WriteDword(identifier, LogPageSupported);
                WriteDword((int)LogPageId.ReservationNotification, LogPageSupported);
                return 256 * 4;
            case LogPageId.ErrorInformation:
                _context.ErrorLog.CopyTo(_page);
                return ErrorLog.Entries * ErrorLog.EntryBytes;
            case LogPageId.Smart:
                if (entry.NamespaceId is not (NamespaceIds.None or NamespaceIds.All))
                    status = StatusCode.InvalidField; // LPA: the page is the controller's, not a namespace's
                _smart.Write(_page);
                return SmartLog.LengthBytes;
            case LogPageId.FirmwareSlot:
                _page[0] = 1; // slot 1 is active
                System.Text.Encoding.ASCII.GetBytes(ControllerIdentity.FirmwareRevision.PadRight(8), _page.AsSpan(8));
                return FirmwareSlotLengthBytes;
            case LogPageId.ChangedNamespaces:
                _context.ChangedNamespaces.CopyTo(_page);
                return ChangedNamespaces.LengthBytes;
            case LogPageId.CommandsSupportedAndEffects:
                if (entry.Cdw14 >> 24 != 0)
                    status = StatusCode.InvalidField; // another command set than NVM
                WriteEffects();
                return EffectsLengthBytes;
            case LogPageId.ReservationNotification:
                _context.Member.ReservationLog.CopyTo(_page);
                return ReservationLog.LengthBytes;
            default:
                status = StatusCode.InvalidLogPage;
                return 0;
        }
    }

    private void WriteEffects()
    {
        for (int opcode = 0; opcode < 256; opcode++)
            WriteDword(opcode, _table.GetEffects(opcode));
        WriteDword(256 + (int)IoOpcode.Flush, CommandSupported);
        WriteDword(256 + (int)IoOpcode.Read, CommandSupported);
        WriteDword(256 + (int)IoOpcode.Write, CommandSupported | ChangesContent);
        foreach (IoOpcode opcode in (ReadOnlySpan<IoOpcode>)[IoOpcode.ReservationRegister, IoOpcode.ReservationReport,
            IoOpcode.ReservationAcquire, IoOpcode.ReservationRelease])
            WriteDword(256 + (int)opcode, CommandSupported);
        WriteDword(256 + (int)IoOpcode.WriteZeroes, CommandSupported | ChangesContent);
    }

    private void WriteDword(int index, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_page.AsSpan(index * 4), value);
}
