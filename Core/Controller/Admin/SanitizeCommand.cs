using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Sanitize (NVMe Base 2.0, "Sanitize command" and "Sanitize Operations").</summary>
/// <remarks>
/// Block erase makes every namespace of the subsystem read as zeroes, and gives their room back; overwrite writes the
/// pattern in as many passes as are asked for. Cryptographic erase is not offered: nothing is encrypted.
/// </remarks>
internal sealed class SanitizeCommand
{
    /// <summary>SANACT.</summary>
    public const uint ActionMask = 7;

    /// <summary>SANACT: overwrite.</summary>
    public const uint Overwrite = 3;

    /// <summary>AUSE.</summary>
    public const uint AllowUnrestrictedExit = 1 << 3;

    /// <summary>NDAS.</summary>
    public const uint NoDeallocate = 1 << 9;

    /// <summary>SANICAP: block erase, overwrite; the media is not modified once the operation is over.</summary>
    public const uint Capabilities = 1 << 1 | 1 << 2 | 1 << 30;

    private const uint InvertBetweenPasses = 1 << 8;
    private const uint ExitFailureMode = 1;
    private const uint BlockErase = 2;
    private const uint Effects = 1 << 1 | 2 << 16; // LBCC; CSE: no other command to any namespace

    private readonly ControllerContext _context;

    public SanitizeCommand(ControllerContext context, AdminCommandTable table)
    {
        _context = context;
        table.Add(AdminOpcode.Sanitize, Sanitize, Effects);
    }

    private StatusCode? Sanitize(AdminCommand command)
    {
        uint options = command.Entry.Cdw10;
        return (options & ActionMask) switch
        {
            ExitFailureMode => _context.Subsystem.ExitSanitizeFailure(),
            BlockErase => _context.Subsystem.StartSanitize(_context.Member, options, [0]),
            Overwrite => _context.Subsystem.StartSanitize(
                _context.Member, options, GetPatterns(options, command.Entry.Cdw11)),
            _ => StatusCode.InvalidField,
        };
    }

    /// <summary>The pattern of each pass. With inversion, the last pass has the pattern as it is.</summary>
    private static uint[] GetPatterns(uint options, uint pattern)
    {
        var count = (int)(options >> 4 & 0xF);
        var patterns = new uint[count == 0 ? 16 : count];
        bool inverts = (options & InvertBetweenPasses) != 0;
        for (int index = 0; index < patterns.Length; index++)
            patterns[index] = inverts && (patterns.Length - index) % 2 == 0 ? ~pattern : pattern;
        return patterns;
    }
}
