namespace NvmeDoorbell.Controller;

/// <summary>Where the admin task stands.</summary>
internal enum ControllerPhase
{
    /// <summary>Nothing is alive; CC.EN is waited for.</summary>
    Disabled,

    /// <summary>The admin queue is served.</summary>
    Enabled,

    /// <summary>A reset is under way: I/O tasks are letting go of their requests.</summary>
    Resetting,

    /// <summary>CC could not be carried out: CSTS.CFS is set and a reset is waited for.</summary>
    Failed,
}
