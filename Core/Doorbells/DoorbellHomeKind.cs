namespace NvmeDoorbell.Doorbells;

/// <summary>The places where a doorbell's value can live.</summary>
public enum DoorbellHomeKind
{
    /// <summary>Nowhere: no queue has the doorbell open.</summary>
    Closed,

    /// <summary>A cell of ours.</summary>
    Private,

    /// <summary>A page of ours that the guest may map and write without telling anyone.</summary>
    Mapped,

    /// <summary>A page of guest RAM, named by Doorbell Buffer Config.</summary>
    Shadow,
}
