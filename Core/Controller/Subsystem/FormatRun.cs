using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A Format NVM command, which may be about several namespaces: over when each of them is. Any thread.</summary>
/// <param name="command">The command.</param>
/// <param name="ended">Called once, with how it ended.</param>
internal sealed class FormatRun(AdminCommand command, Action<StatusCode> ended)
{
    private int _left;
    private int _status; // of the last namespace that has failed

    public AdminCommand Command => command;

    /// <summary>How it has gone so far.</summary>
    public StatusCode Status => (StatusCode)Volatile.Read(ref _status);

    /// <summary>So many namespaces are formatted, before the first of them ends.</summary>
    /// <param name="namespaces">How many.</param>
    /// <param name="status">How it went with others that have ended.</param>
    public void Begin(int namespaces, StatusCode status = StatusCode.Success)
    {
        _left = namespaces;
        _status = (int)status;
        if (namespaces == 0)
            ended(status);
    }

    /// <summary>One of the namespaces is formatted, or has failed to be.</summary>
    public void OnEnded(StatusCode status)
    {
        if (status != StatusCode.Success)
            Volatile.Write(ref _status, (int)status);
        if (Interlocked.Decrement(ref _left) == 0)
            ended(Status);
    }
}
