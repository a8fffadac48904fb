using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>The Abort command (NVMe Base 2.0, "Abort command").</summary>
/// <remarks>
/// What the controller itself holds is aborted: a parked Asynchronous Event Request, a command that waits in its
/// submission queue for room or for its turn (it gets Command Abort Requested when that comes), and one of several steps
/// that has steps left. What a disk works on is aborted where the disk gives it up, and the answer waits for that;
/// otherwise the guest's memory is the disk's until it answers. The host is told which of the two it was.
/// </remarks>
internal sealed class AbortCommands
{
    private const uint NotAborted = 1;

    private readonly IAdminCompletion _admin;
    private readonly AsynchronousEvents _events;
    private readonly QueueCommands _queues;
    private int _outstanding;
    private int _resets;

    public AbortCommands(
        IAdminCompletion admin, AsynchronousEvents events, QueueCommands queues, AdminCommandTable table)
    {
        _admin = admin;
        _events = events;
        _queues = queues;
        table.Add(AdminOpcode.Abort, Abort);
    }

    /// <summary>A reset drops the commands that wait for their queue's answer.</summary>
    public void Reset()
    {
        _outstanding = 0;
        _resets++;
    }

    private StatusCode? Abort(AdminCommand command)
    {
        var queueId = (ushort)command.Entry.Cdw10;
        var commandId = (ushort)(command.Entry.Cdw10 >> 16);
        if (queueId == 0)
        {
            command.Result = _events.TryAbort(commandId) ? 0 : NotAborted;
            return StatusCode.Success;
        }
        if (_outstanding == ControllerIdentity.AbortLimit)
            return command.Refuse(StatusCode.AbortCommandLimitExceeded, 0);
        command.Result = NotAborted;
        int resets = _resets;
        bool isAsked = _queues.TryAbort(queueId, commandId, isAborted => _admin.Post(() =>
        {
            if (_resets != resets)
                return;
            _outstanding--;
            command.Result = isAborted ? 0 : NotAborted;
            _admin.Complete(command, StatusCode.Success);
        }));
        if (!isAsked)
            return StatusCode.Success;
        _outstanding++;
        return null;
    }
}
