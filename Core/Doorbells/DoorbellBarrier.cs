namespace NvmeDoorbell.Doorbells;

/// <summary>Who pays for the fence between a ring's store and its look at the sleeper.</summary>
public enum DoorbellBarrier
{
    /// <summary>Adaptive.</summary>
    Default,

    /// <summary>The sleeper, by a process-wide barrier. Falls back to symmetric where the system has none.</summary>
    Asymmetric,

    /// <summary>Each ring, by a full fence.</summary>
    Symmetric,

    /// <summary>
    /// Asymmetric at first, symmetric while sleeps come so often that their barriers would take more than some hundredths
    /// of a core. It changes as the load does. Symmetric for good where the system has no process-wide barrier.
    /// </summary>
    Adaptive,
}
