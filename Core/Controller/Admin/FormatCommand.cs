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
    private const int LeastSavedBytes = 78;

    private readonly ControllerContext _context;
    private readonly IAdminCompletion _admin;
    private readonly List<FormatRun> _underWay = [];

    public FormatCommand(ControllerContext context, IAdminCompletion admin, AdminCommandTable table)
    {
        _context = context;
        _admin = admin;
        table.Add(AdminOpcode.FormatNvm, Format, Effects);
    }

    /// <summary>Commands of an enabling that wait for their erasing, where that is held; else 0.</summary>
    public int CountHeld(ulong enabling) =>
        _context.Subsystem.IsHolding ? UnderWay(enabling).Count : 0;

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
        FormatRun run = Enter(command);
        StatusCode status = _context.Subsystem.StartFormat(_context.Member, command.Entry.NamespaceId, format, run);
        if (status == StatusCode.Success)
            return null;
        Leave(command);
        return status;
    }

    private FormatRun Enter(AdminCommand command)
    {
        FormatRun run = new(command, status => _context.Member.Post(() =>
        {
            Leave(command);
            _admin.Complete(command, status);
        }));
        _underWay.Add(run);
        return run;
    }

    private void Leave(AdminCommand command) => _underWay.RemoveAll(each => each.Command == command);

    private List<FormatRun> UnderWay(ulong enabling) => _underWay.FindAll(each => each.Command.Enabling == enabling);

    /// <summary>Saves the commands of an enabling that wait for their erasing, which is held.</summary>
    public void Save(StateWriter writer, ulong enabling)
    {
        List<FormatRun> held = UnderWay(enabling);
        writer.WriteCount(held.Count);
        foreach (FormatRun run in held)
        {
            run.Command.Save(writer);
            writer.Write((ushort)run.Status);
            writer.WriteAll(_context.Subsystem.GetFormatting(run));
        }
    }

    /// <summary>Reads such commands.</summary>
    /// <param name="reader">Where they are.</param>
    /// <param name="namespaces">What is formatted; receives for which command.</param>
    /// <returns>Makes them commands of an enabling, and tells how many there are.</returns>
    public Func<ulong, int> Read(ref StateReader reader, NamespacesState namespaces)
    {
        var held = new (AdminCommand Command, StatusCode Status, uint[] Nsids)[
            reader.ReadCount((int)NamespaceTable.MaxId, LeastSavedBytes)];
        var known = new HashSet<uint>();
        for (int index = 0; index < held.Length; index++)
        {
            AdminCommand command = AdminCommand.Read(ref reader);
            var status = (StatusCode)reader.ReadUInt16();
            uint[] nsids = reader.ReadUInt32s((int)NamespaceTable.MaxId);
            reader.Require(nsids.Length > 0, "a format is under way that is about nothing");
            foreach (uint nsid in nsids)
            {
                reader.Require(
                    namespaces.IsFormatting(nsid) && known.Add(nsid),
                    "a format is about a namespace that is not formatted, or not for it");
            }
            held[index] = (command, status, nsids);
        }
        return enabling =>
        {
            foreach ((AdminCommand command, StatusCode status, uint[] nsids) in held)
            {
                command.Begin(command.Entry, enabling);
                FormatRun run = Enter(command);
                run.Begin(nsids.Length, status);
                foreach (uint nsid in nsids)
                    namespaces.Runs[nsid] = run;
            }
            return held.Length;
        };
    }
}
