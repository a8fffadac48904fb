using System.Buffers.Binary;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Get Log Page (NVMe Base 2.0, "Get Log Page command"). Each group of pages enters its own.</summary>
/// <remarks>
/// No page has entries that an offset could count, none is bound to a UUID, and Log Specific Parameter and Identifier
/// mean nothing to them.
/// </remarks>
internal sealed class LogPageCommands
{
    private const uint RetainAsynchronousEvent = 1 << 15;
    private const uint OffsetIsIndex = 1 << 23;
    private const uint UuidIndex = 0x7F;
    private const uint LogPageSupported = 1;
    private const int IdentifierByte = 40;
    private const int DwordsByte = 42;
    private const int OffsetByte = 48;
    private const int UuidIndexByte = 56;

    private readonly AdminTransfer _transfer;
    private readonly AsynchronousEvents _events;
    private readonly Entry?[] _pages = new Entry?[256];
    private byte[] _page = [];

    public LogPageCommands(AdminTransfer transfer, AsynchronousEvents events, AdminCommandTable table)
    {
        _transfer = transfer;
        _events = events;
        Add(LogPageId.SupportedLogPages, _pages.Length * sizeof(uint), WriteSupported);
        table.Add(AdminOpcode.GetLogPage, GetLogPage);
    }

    /// <summary>Enters a page.</summary>
    /// <param name="id">The page.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="writer">Writes it.</param>
    /// <param name="onRead">Called when a host has read it without Retain Asynchronous Event.</param>
    public void Add(LogPageId id, int lengthBytes, LogPageWriter writer, Action? onRead = null)
    {
        _pages[(byte)id] = new Entry(lengthBytes, writer, onRead);
        if (_page.Length < lengthBytes)
            _page = new byte[lengthBytes];
    }

    private StatusCode? GetLogPage(AdminCommand command)
    {
        ref readonly SubmissionEntry entry = ref command.Entry;
        var id = (LogPageId)(byte)entry.Cdw10;
        if (_pages[(byte)id] is not { } page)
            return command.Refuse(StatusCode.InvalidLogPage, IdentifierByte);
        ulong wanted = ((ulong)(entry.Cdw11 & 0xFFFF) << 16 | entry.Cdw10 >> 16) + 1 << 2;
        ulong offset = (ulong)entry.Cdw13 << 32 | entry.Cdw12;
        if ((entry.Cdw14 & UuidIndex) != 0)
            return command.Refuse(StatusCode.InvalidField, UuidIndexByte);
        if ((entry.Cdw14 & OffsetIsIndex) != 0)
            return command.Refuse(StatusCode.InvalidField, UuidIndexByte + 2, bit: 7);
        if (wanted > _transfer.MaxTransferBytes)
            return command.Refuse(StatusCode.InvalidField, DwordsByte);
        if (offset % sizeof(uint) != 0 || offset > (ulong)page.LengthBytes)
            return command.Refuse(StatusCode.InvalidField, OffsetByte);

        Span<byte> whole = _page.AsSpan(0, page.LengthBytes);
        whole.Clear();
        StatusCode status = page.Writer(command, whole);
        if (status != StatusCode.Success)
            return status;
        // What lies past the end of the page is not transferred.
        int count = (int)Math.Min(wanted, (ulong)page.LengthBytes - offset);
        status = _transfer.ToGuest(command, whole.Slice((int)offset, count));
        if (status == StatusCode.Success && (entry.Cdw10 & RetainAsynchronousEvent) == 0)
        {
            page.OnRead?.Invoke();
            _events.OnLogPageRead(id);
        }
        return status;
    }

    private StatusCode WriteSupported(AdminCommand command, Span<byte> page)
    {
        for (int id = 0; id < _pages.Length; id++)
        {
            if (_pages[id] is not null)
                BinaryPrimitives.WriteUInt32LittleEndian(page[(id * sizeof(uint))..], LogPageSupported);
        }
        return StatusCode.Success;
    }

    private sealed record Entry(int LengthBytes, LogPageWriter Writer, Action? OnRead);
}
