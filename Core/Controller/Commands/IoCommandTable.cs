using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The I/O commands by opcode. A command is added by a class and a line here.</summary>
internal static class IoCommandTable
{
    /// <summary>
    /// All 256 opcodes; those without a command answer Invalid Opcode. One table for all tasks: commands have no state.
    /// </summary>
    public static IoCommand[] Commands { get; } = Create();

    /// <summary>Whether an opcode has a command.</summary>
    public static bool Has(byte opcode) => Commands[opcode] is not UnknownCommand;

    private static IoCommand[] Create()
    {
        var commands = new IoCommand[256];
        Array.Fill(commands, new UnknownCommand());
        commands[(int)IoOpcode.Flush] = new FlushCommand();
        commands[(int)IoOpcode.Write] = new WriteCommand();
        commands[(int)IoOpcode.Read] = new ReadCommand();
        commands[(int)IoOpcode.WriteUncorrectable] = new WriteUncorrectableCommand();
        commands[(int)IoOpcode.Compare] = new CompareCommand();
        commands[(int)IoOpcode.WriteZeroes] = new WriteZeroesCommand();
        commands[(int)IoOpcode.DatasetManagement] = new DatasetManagementCommand();
        commands[(int)IoOpcode.Verify] = new VerifyCommand();
        commands[(int)IoOpcode.Copy] = new CopyCommand();
        commands[(int)IoOpcode.ReservationRegister] = new ReservationCommand(IoOpcode.ReservationRegister);
        commands[(int)IoOpcode.ReservationReport] = new ReservationReportCommand();
        commands[(int)IoOpcode.ReservationAcquire] = new ReservationCommand(IoOpcode.ReservationAcquire);
        commands[(int)IoOpcode.ReservationRelease] = new ReservationCommand(IoOpcode.ReservationRelease);
        return commands;
    }
}
