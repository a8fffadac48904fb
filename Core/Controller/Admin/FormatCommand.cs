using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Format NVM (NVMe Base 2.0, "Format NVM command"; NVM Command Set 1.0 for its fields).</summary>
/// <remarks>
/// Without metadata and protection information. All kinds of erasing are one here: every block reads as zeroes
/// afterwards. Cryptographic erase is refused: nothing is encrypted.
/// </remarks>
internal sealed class FormatCommand
{
    /// <summary>Effects: logical block content (LBCC), namespace capabilities (NCC), no other command meanwhile (CSE).</summary>
    public const uint Effects = 1 << 1 | 1 << 2 | 1 << 16;

    private const uint UserDataErase = 1;

    private readonly ControllerContext _context;
    private readonly IAdminCompletion _admin;
    private readonly List<AdminCommand> _underWay = [];

    public FormatCommand(ControllerContext context, IAdminCompletion admin, AdminCommandTable table)
    {
        _context = context;
        _admin = admin;
        table.Add(AdminOpcode.FormatNvm, Format, Effects);
    }

    /// <summary>Commands of an enabling that wait for their erasing, where that is held; else 0.</summary>
    public int CountHeld(ulong enabling) =>
        _context.Subsystem.IsHolding ? _underWay.Count(command => command.Enabling == enabling) : 0;

    private StatusCode? Format(AdminCommand command)
    {
        uint options = command.Entry.Cdw10;
        var format = (int)(options & 0x0F | options >> 8 & 0x30);
        uint protection = options >> 5 & 7;
        uint secureErase = options >> 9 & 7;
        if (secureErase > UserDataErase)
            return StatusCode.InvalidField;
        if (protection != 0)
            return StatusCode.InvalidFormat;
        SubsystemMember member = _context.Member;
        _underWay.Add(command);
        StatusCode status = _context.Subsystem.StartFormat(
            member, command.Entry.NamespaceId, format, ended => member.Post(() => End(command, ended)));
        if (status == StatusCode.Success)
            return null;
        _underWay.Remove(command);
        return status;
    }

    private void End(AdminCommand command, StatusCode status)
    {
        _underWay.Remove(command);
        _admin.Complete(command, status);
    }
}
