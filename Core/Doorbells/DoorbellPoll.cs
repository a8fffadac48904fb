namespace NvmeDoorbell.Doorbells;

/// <summary>What a look at a doorbell found.</summary>
public enum DoorbellPoll
{
    /// <summary>The value is the one seen last.</summary>
    Pending,

    /// <summary>The value has changed since the last look.</summary>
    Ready,

    /// <summary>The doorbell was closed; it will not change any more.</summary>
    Closed,
}
