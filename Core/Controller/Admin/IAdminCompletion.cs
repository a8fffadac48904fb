using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>How a command that was not answered at once ends, and how others reach the admin task.</summary>
internal interface IAdminCompletion
{
    /// <summary>Ends a command on the admin task's turn. One from before a reset is dropped.</summary>
    void Complete(AdminCommand command, StatusCode status);

    /// <summary>Runs something on the admin task's turn. Any thread.</summary>
    void Post(Action action);
}
