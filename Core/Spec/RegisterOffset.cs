namespace NvmeDoorbell.Spec;

/// <summary>
/// Offsets of the controller properties in BAR0. Base Specification 2.0, "Property Definition"; NVMe over PCIe
/// Transport Specification 1.0, "PCI Express Register Definitions".
/// </summary>
public static class RegisterOffset
{
    /// <summary>CAP: Controller Capabilities, 64 bits.</summary>
    public const ulong Capabilities = 0x00;

    /// <summary>VS: Version, 32 bits.</summary>
    public const ulong Version = 0x08;

    /// <summary>INTMS: Interrupt Mask Set, 32 bits.</summary>
    public const ulong InterruptMaskSet = 0x0C;

    /// <summary>INTMC: Interrupt Mask Clear, 32 bits.</summary>
    public const ulong InterruptMaskClear = 0x10;

    /// <summary>CC: Controller Configuration, 32 bits.</summary>
    public const ulong ControllerConfiguration = 0x14;

    /// <summary>CSTS: Controller Status, 32 bits.</summary>
    public const ulong ControllerStatus = 0x1C;

    /// <summary>NSSR: NVM Subsystem Reset, 32 bits.</summary>
    public const ulong SubsystemReset = 0x20;

    /// <summary>AQA: Admin Queue Attributes, 32 bits.</summary>
    public const ulong AdminQueueAttributes = 0x24;

    /// <summary>ASQ: Admin Submission Queue Base Address, 64 bits.</summary>
    public const ulong AdminSubmissionQueue = 0x28;

    /// <summary>ACQ: Admin Completion Queue Base Address, 64 bits.</summary>
    public const ulong AdminCompletionQueue = 0x30;

    /// <summary>CMBLOC: Controller Memory Buffer Location, 32 bits.</summary>
    public const ulong ControllerMemoryBufferLocation = 0x38;

    /// <summary>CMBSZ: Controller Memory Buffer Size, 32 bits.</summary>
    public const ulong ControllerMemoryBufferSize = 0x3C;

    /// <summary>BPINFO: Boot Partition Information, 32 bits.</summary>
    public const ulong BootPartitionInformation = 0x40;

    /// <summary>BPRSEL: Boot Partition Read Select, 32 bits.</summary>
    public const ulong BootPartitionReadSelect = 0x44;

    /// <summary>BPMBL: Boot Partition Memory Buffer Location, 64 bits.</summary>
    public const ulong BootPartitionMemoryBuffer = 0x48;

    /// <summary>CMBMSC: Controller Memory Buffer Memory Space Control, 64 bits.</summary>
    public const ulong ControllerMemoryBufferControl = 0x50;

    /// <summary>CMBSTS: Controller Memory Buffer Status, 32 bits.</summary>
    public const ulong ControllerMemoryBufferStatus = 0x58;

    /// <summary>NSSD: NVM Subsystem Shutdown, 32 bits.</summary>
    public const ulong SubsystemShutdown = 0x64;

    /// <summary>CRTO: Controller Ready Timeouts, 32 bits.</summary>
    public const ulong ReadyTimeouts = 0x68;

    /// <summary>PMRCAP: Persistent Memory Region Capabilities, 32 bits; the PMR registers follow.</summary>
    public const ulong PersistentMemoryCapabilities = 0xE00;

    /// <summary>The first doorbell, SQ0TDBL. See <see cref="DoorbellRegister"/>.</summary>
    public const ulong Doorbells = 0x1000;
}
