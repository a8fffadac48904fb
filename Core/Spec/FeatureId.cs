namespace NvmeDoorbell.Spec;

/// <summary>
/// Feature identifiers (FID) of Get and Set Features. Base Specification 2.0, "Feature Identifiers"; NVM Command Set
/// Specification 1.0, "Feature Identifiers".
/// </summary>
public enum FeatureId : byte
{
    /// <summary>01h Arbitration.</summary>
    Arbitration = 0x01,

    /// <summary>02h Power Management.</summary>
    PowerManagement = 0x02,

    /// <summary>03h LBA Range Type.</summary>
    LbaRangeType = 0x03,

    /// <summary>04h Temperature Threshold.</summary>
    TemperatureThreshold = 0x04,

    /// <summary>05h Error Recovery.</summary>
    ErrorRecovery = 0x05,

    /// <summary>06h Volatile Write Cache.</summary>
    VolatileWriteCache = 0x06,

    /// <summary>07h Number of Queues.</summary>
    NumberOfQueues = 0x07,

    /// <summary>08h Interrupt Coalescing.</summary>
    InterruptCoalescing = 0x08,

    /// <summary>09h Interrupt Vector Configuration.</summary>
    InterruptVectorConfiguration = 0x09,

    /// <summary>0Ah Write Atomicity Normal.</summary>
    WriteAtomicityNormal = 0x0A,

    /// <summary>0Bh Asynchronous Event Configuration.</summary>
    AsynchronousEventConfiguration = 0x0B,

    /// <summary>0Ch Autonomous Power State Transition.</summary>
    AutonomousPowerStateTransition = 0x0C,

    /// <summary>0Dh Host Memory Buffer.</summary>
    HostMemoryBuffer = 0x0D,

    /// <summary>0Eh Timestamp.</summary>
    Timestamp = 0x0E,

    /// <summary>0Fh Keep Alive Timer.</summary>
    KeepAliveTimer = 0x0F,

    /// <summary>10h Host Controlled Thermal Management.</summary>
    HostControlledThermalManagement = 0x10,

    /// <summary>11h Non-Operational Power State Config.</summary>
    NonOperationalPowerStateConfig = 0x11,

    /// <summary>12h Read Recovery Level Config.</summary>
    ReadRecoveryLevelConfig = 0x12,

    /// <summary>16h Host Behavior Support.</summary>
    HostBehaviorSupport = 0x16,

    /// <summary>17h Sanitize Config.</summary>
    SanitizeConfig = 0x17,

    /// <summary>19h I/O Command Set Profile.</summary>
    IoCommandSetProfile = 0x19,

    /// <summary>80h Software Progress Marker.</summary>
    SoftwareProgressMarker = 0x80,

    /// <summary>81h Host Identifier.</summary>
    HostIdentifier = 0x81,

    /// <summary>82h Reservation Notification Mask.</summary>
    ReservationNotificationMask = 0x82,

    /// <summary>83h Reservation Persistence.</summary>
    ReservationPersistence = 0x83,

    /// <summary>84h Namespace Write Protection Config.</summary>
    NamespaceWriteProtectionConfig = 0x84,
}
