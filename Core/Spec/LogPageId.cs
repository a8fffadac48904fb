namespace NvmeDoorbell.Spec;

/// <summary>Log page identifiers (LID) of Get Log Page. Base Specification 2.0, "Log Page Identifiers".</summary>
public enum LogPageId : byte
{
    /// <summary>00h Supported Log Pages.</summary>
    SupportedLogPages = 0x00,

    /// <summary>01h Error Information.</summary>
    ErrorInformation = 0x01,

    /// <summary>02h SMART / Health Information.</summary>
    Smart = 0x02,

    /// <summary>03h Firmware Slot Information.</summary>
    FirmwareSlot = 0x03,

    /// <summary>04h Changed Namespace List.</summary>
    ChangedNamespaces = 0x04,

    /// <summary>05h Commands Supported and Effects.</summary>
    CommandsSupportedAndEffects = 0x05,

    /// <summary>06h Device Self-test.</summary>
    DeviceSelfTest = 0x06,

    /// <summary>07h Telemetry Host-Initiated.</summary>
    TelemetryHostInitiated = 0x07,

    /// <summary>08h Telemetry Controller-Initiated.</summary>
    TelemetryControllerInitiated = 0x08,

    /// <summary>09h Endurance Group Information.</summary>
    EnduranceGroup = 0x09,

    /// <summary>0Ch Asymmetric Namespace Access.</summary>
    AsymmetricNamespaceAccess = 0x0C,

    /// <summary>0Dh Persistent Event Log.</summary>
    PersistentEvent = 0x0D,

    /// <summary>12h Feature Identifiers Supported and Effects.</summary>
    FeaturesSupportedAndEffects = 0x12,

    /// <summary>13h NVMe-MI Commands Supported and Effects.</summary>
    ManagementInterfaceEffects = 0x13,

    /// <summary>80h Reservation Notification.</summary>
    ReservationNotification = 0x80,

    /// <summary>81h Sanitize Status.</summary>
    SanitizeStatus = 0x81,
}
