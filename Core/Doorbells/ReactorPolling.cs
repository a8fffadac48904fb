namespace NvmeDoorbell.Doorbells;

/// <summary>How a reactor waits for work.</summary>
public enum ReactorPolling
{
    /// <summary>Polls for a while that grows where it pays and shrinks where it does not, then parks.</summary>
    Adaptive,

    /// <summary>Never parks: the lowest latency, a core's whole time.</summary>
    Always,

    /// <summary>Parks as soon as there is nothing to do: the least time used.</summary>
    Never,
}
