namespace NvmeDoorbell.Spec;

/// <summary>
/// QPRIO of Create I/O Submission Queue. Base Specification 2.0, "Create I/O Submission Queue command".
/// </summary>
public enum QueuePriority : byte
{
    /// <summary>Urgent: served before all weighted classes.</summary>
    Urgent = 0,

    /// <summary>High weight.</summary>
    High = 1,

    /// <summary>Medium weight.</summary>
    Medium = 2,

    /// <summary>Low weight.</summary>
    Low = 3,
}
