using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>An admin command from its fetch to the posting of its completion. Owned by the admin task.</summary>
internal sealed class AdminCommand
{
    private SubmissionEntry _entry;

    /// <summary>The submission entry: a copy, so that the guest cannot change what has been checked.</summary>
    public ref readonly SubmissionEntry Entry => ref _entry;

    /// <summary>Dword 0 of the completion.</summary>
    public uint Result { get; set; }

    /// <summary>The status it ends with.</summary>
    public StatusCode Status { get; set; }

    /// <summary>Which enabling of the controller it belongs to; one that outlives its enabling is dropped.</summary>
    public ulong Enabling { get; private set; }

    /// <summary>Takes the next command.</summary>
    public void Begin(in SubmissionEntry entry, ulong enabling)
    {
        _entry = entry;
        Enabling = enabling;
        Result = 0;
        Status = StatusCode.Success;
    }
}
