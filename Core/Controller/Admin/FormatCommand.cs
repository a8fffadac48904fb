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

    public FormatCommand(ControllerContext context, IAdminCompletion admin, AdminCommandTable table)
    {
        _context = context;
        _admin = admin;
        table.Add(AdminOpcode.FormatNvm, Format, Effects);
    }

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
        StatusCode status = _context.Subsystem.StartFormat(
            member, command.Entry.NamespaceId, format,
            ended => member.Post(() => _admin.Complete(command, ended)));
        return status == StatusCode.Success ? null : status;
    }
}
