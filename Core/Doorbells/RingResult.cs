namespace NvmeDoorbell.Doorbells;

/// <summary>What became of a doorbell write.</summary>
public enum RingResult
{
    /// <summary>Stored, and whoever slept on it is awake.</summary>
    Ok,

    /// <summary>No doorbell of that number.</summary>
    OutOfRange,

    /// <summary>The doorbell is closed: no queue is behind it. Nothing changed.</summary>
    Closed,

    /// <summary>The value is not below the doorbell's limit. Nothing changed.</summary>
    InvalidValue,
}
