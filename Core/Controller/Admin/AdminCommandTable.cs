using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>Which admin command is executed by whom. Each group of commands enters its own.</summary>
internal sealed class AdminCommandTable
{
    /// <summary>Effects of a command that is about the controller alone: CSP, bit 21.</summary>
    public const uint ControllerScope = 1u << 21;

    private const uint CommandSupported = 1;

    private readonly AdminHandler?[] _handlers = new AdminHandler?[256];
    private readonly uint[] _effects = new uint[256];

    /// <summary>Enters a command.</summary>
    /// <param name="opcode">The opcode.</param>
    /// <param name="handler">Who executes it.</param>
    /// <param name="effects">Bits 31:1 of its entry in the log page Commands Supported and Effects.</param>
    public void Add(AdminOpcode opcode, AdminHandler handler, uint effects = ControllerScope)
    {
        _handlers[(byte)opcode] = handler;
        _effects[(byte)opcode] = CommandSupported | effects;
    }

    /// <summary>The command's entry in the log page Commands Supported and Effects; 0: not supported.</summary>
    public uint GetEffects(int opcode) => _effects[opcode];

    /// <summary>Executes a command. What no group has entered is <see cref="StatusCode.InvalidOpcode"/>.</summary>
    public StatusCode? Execute(AdminCommand command)
    {
        AdminHandler? handler = _handlers[command.Entry.Opcode];
        if (handler is null)
            return command.Refuse(StatusCode.InvalidOpcode, 0);
        // Admin commands are never fused, and over PCIe they use PRPs (NVMe Base 2.0, figure "Command Dword 0").
        if (command.Entry.Fuse != FusedOperation.Normal)
            return command.Refuse(StatusCode.InvalidField, 1, 0);
        if (command.Entry.Psdt != DataTransferKind.Prp)
            return command.Refuse(StatusCode.InvalidField, 1, 6);
        return handler(command);
    }
}
