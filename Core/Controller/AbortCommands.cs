using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The Abort command (NVMe Base 2.0, "Abort command").</summary>
/// <remarks>
/// It is answered at once, so that no number of them is ever outstanding: a parked Asynchronous Event Request is ended;
/// any other command is with a disk already or has been answered, and the host is told that it was not aborted.
/// </remarks>
internal sealed class AbortCommands
{
    private const uint NotAborted = 1;

    private readonly AsynchronousEvents _events;

    public AbortCommands(AsynchronousEvents events, AdminCommandTable table)
    {
        _events = events;
        table.Add(AdminOpcode.Abort, Abort);
    }

    private StatusCode? Abort(AdminCommand command)
    {
        var queueId = (ushort)command.Entry.Cdw10;
        var commandId = (ushort)(command.Entry.Cdw10 >> 16);
        bool isAborted = queueId == 0 && _events.TryAbort(commandId);
        command.Result = isAborted ? 0 : NotAborted;
        return StatusCode.Success;
    }
}
