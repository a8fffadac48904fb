namespace NvmeDoorbell.Spec;

/// <summary>OACS of Identify Controller. Base Specification 2.0, "Identify Controller Data Structure".</summary>
[Flags]
public enum OptionalAdminCommands : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Bit 0: Security Send and Security Receive.</summary>
    Security = 1 << 0,

    /// <summary>Bit 1: Format NVM.</summary>
    FormatNvm = 1 << 1,

    /// <summary>Bit 2: Firmware Commit and Firmware Image Download.</summary>
    Firmware = 1 << 2,

    /// <summary>Bit 3: Namespace Management and Namespace Attachment.</summary>
    NamespaceManagement = 1 << 3,

    /// <summary>Bit 4: Device Self-test.</summary>
    DeviceSelfTest = 1 << 4,

    /// <summary>Bit 5: Directives.</summary>
    Directives = 1 << 5,

    /// <summary>Bit 6: NVMe-MI Send and Receive.</summary>
    NvmeMi = 1 << 6,

    /// <summary>Bit 7: Virtualization Management.</summary>
    VirtualizationManagement = 1 << 7,

    /// <summary>Bit 8: Doorbell Buffer Config.</summary>
    DoorbellBufferConfig = 1 << 8,

    /// <summary>Bit 9: Get LBA Status.</summary>
    GetLbaStatus = 1 << 9,

    /// <summary>Bit 10: Command and Feature Lockdown.</summary>
    Lockdown = 1 << 10,
}
