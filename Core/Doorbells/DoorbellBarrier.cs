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

    /// <summary>
    /// Asymmetric where the process-wide barrier is cheap, symmetric where it takes more than 5 µs: on virtual machines
    /// whose hypervisor delivers the interrupts between cores. It is measured once a process, in some milliseconds.
    /// For devices whose tasks often sleep; the rings of a device that polls are cheaper asymmetric everywhere.
    /// </summary>
    Measured,
}
