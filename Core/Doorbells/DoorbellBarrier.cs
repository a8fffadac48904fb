namespace NvmeDoorbell.Doorbells;

/// <summary>Who pays for the fence between a ring's store and its look at the sleeper.</summary>
public enum DoorbellBarrier
{
    /// <summary>The better one on this system: asymmetric where it is available.</summary>
    Default,

    /// <summary>The sleeper, by a process-wide barrier. Falls back to symmetric where the system has none.</summary>
    Asymmetric,

    /// <summary>Each ring, by a full fence.</summary>
    Symmetric,
}
