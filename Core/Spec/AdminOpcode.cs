namespace NvmeDoorbell.Spec;

/// <summary>Opcodes of the Admin Command Set. Base Specification 2.0, "Opcodes for Admin Commands".</summary>
public enum AdminOpcode : byte
{
    /// <summary>00h Delete I/O Submission Queue.</summary>
    DeleteIoSubmissionQueue = 0x00,

    /// <summary>01h Create I/O Submission Queue.</summary>
    CreateIoSubmissionQueue = 0x01,

    /// <summary>02h Get Log Page.</summary>
    GetLogPage = 0x02,

    /// <summary>04h Delete I/O Completion Queue.</summary>
    DeleteIoCompletionQueue = 0x04,

    /// <summary>05h Create I/O Completion Queue.</summary>
    CreateIoCompletionQueue = 0x05,

    /// <summary>06h Identify.</summary>
    Identify = 0x06,

    /// <summary>08h Abort.</summary>
    Abort = 0x08,

    /// <summary>09h Set Features.</summary>
    SetFeatures = 0x09,

    /// <summary>0Ah Get Features.</summary>
    GetFeatures = 0x0A,

    /// <summary>0Ch Asynchronous Event Request.</summary>
    AsynchronousEventRequest = 0x0C,

    /// <summary>0Dh Namespace Management.</summary>
    NamespaceManagement = 0x0D,

    /// <summary>10h Firmware Commit.</summary>
    FirmwareCommit = 0x10,

    /// <summary>11h Firmware Image Download.</summary>
    FirmwareImageDownload = 0x11,

    /// <summary>14h Device Self-test.</summary>
    DeviceSelfTest = 0x14,

    /// <summary>15h Namespace Attachment.</summary>
    NamespaceAttachment = 0x15,

    /// <summary>18h Keep Alive.</summary>
    KeepAlive = 0x18,

    /// <summary>19h Directive Send.</summary>
    DirectiveSend = 0x19,

    /// <summary>1Ah Directive Receive.</summary>
    DirectiveReceive = 0x1A,

    /// <summary>1Ch Virtualization Management.</summary>
    VirtualizationManagement = 0x1C,

    /// <summary>1Dh NVMe-MI Send.</summary>
    NvmeMiSend = 0x1D,

    /// <summary>1Eh NVMe-MI Receive.</summary>
    NvmeMiReceive = 0x1E,

    /// <summary>20h Capacity Management.</summary>
    CapacityManagement = 0x20,

    /// <summary>24h Lockdown.</summary>
    Lockdown = 0x24,

    /// <summary>7Ch Doorbell Buffer Config.</summary>
    DoorbellBufferConfig = 0x7C,

    /// <summary>7Fh Fabrics Commands.</summary>
    Fabrics = 0x7F,

    /// <summary>80h Format NVM.</summary>
    FormatNvm = 0x80,

    /// <summary>81h Security Send.</summary>
    SecuritySend = 0x81,

    /// <summary>82h Security Receive.</summary>
    SecurityReceive = 0x82,

    /// <summary>84h Sanitize.</summary>
    Sanitize = 0x84,

    /// <summary>86h Get LBA Status.</summary>
    GetLbaStatus = 0x86,
}
