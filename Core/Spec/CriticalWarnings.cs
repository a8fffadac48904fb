namespace NvmeDoorbell.Spec;

/// <summary>Critical Warning of the SMART / Health Information log page. Base Specification 2.0, figure of that name.</summary>
[Flags]
public enum CriticalWarnings : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Bit 0: available spare has fallen below its threshold.</summary>
    SpareBelowThreshold = 1 << 0,

    /// <summary>Bit 1: a temperature is beyond its threshold.</summary>
    TemperatureBeyondThreshold = 1 << 1,

    /// <summary>Bit 2: reliability is degraded, by media or internal errors.</summary>
    ReliabilityDegraded = 1 << 2,

    /// <summary>Bit 3: all of the media are read only.</summary>
    MediaReadOnly = 1 << 3,

    /// <summary>Bit 4: the volatile memory backup has failed.</summary>
    VolatileMemoryBackupFailed = 1 << 4,

    /// <summary>Bit 5: the persistent memory region is read only or unreliable.</summary>
    PersistentMemoryUnreliable = 1 << 5,
}
