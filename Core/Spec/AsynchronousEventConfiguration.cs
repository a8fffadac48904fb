namespace NvmeDoorbell.Spec;

/// <summary>
/// Bits of the Asynchronous Event Configuration feature (CDW11), and, for notices, of OAES in Identify Controller. Base
/// Specification 2.0, "Asynchronous Event Configuration". An event whose bit is clear is not reported.
/// </summary>
[Flags]
public enum AsynchronousEventConfiguration : uint
{
    /// <summary>Nothing but what cannot be turned off.</summary>
    None = 0,

    /// <summary>Bit 0: health event when available spare falls below its threshold.</summary>
    Spare = 1 << 0,

    /// <summary>Bit 1: health event on temperature.</summary>
    Temperature = 1 << 1,

    /// <summary>Bit 2: health event when reliability is degraded.</summary>
    Reliability = 1 << 2,

    /// <summary>Bit 3: health event when the media are read only.</summary>
    MediaReadOnly = 1 << 3,

    /// <summary>Bit 4: health event when the volatile memory backup has failed.</summary>
    VolatileMemoryBackup = 1 << 4,

    /// <summary>Bit 5: health event when the persistent memory region is unreliable.</summary>
    PersistentMemoryRegion = 1 << 5,

    /// <summary>Bit 8: notice when a namespace's attributes change.</summary>
    NamespaceAttribute = 1 << 8,

    /// <summary>Bit 9: notice before firmware is activated.</summary>
    FirmwareActivation = 1 << 9,
}
