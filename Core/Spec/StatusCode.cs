namespace NvmeDoorbell.Spec;

/// <summary>
/// Status of a completion: the 15 bits of Dword 3 above the phase tag. Bits 7:0 are the Status Code (SC), bits 10:8 the
/// Status Code Type (SCT), bits 12:11 Command Retry Delay, bit 13 More, bit 14 Do Not Retry. A status is a code,
/// with or without <see cref="DoNotRetry"/> added. Base Specification 2.0, "Status Field" and the figures "Generic
/// Command Status Values", "Command Specific Status Values", "Media and Data Integrity Error Values";
/// NVM Command Set Specification 1.0, "Status Values".
/// </summary>
public enum StatusCode : ushort
{
    // Generic Command Status (SCT 0h).

    /// <summary>00h Successful Completion.</summary>
    Success = 0x0000,

    /// <summary>01h Invalid Command Opcode.</summary>
    InvalidOpcode = 0x0001,

    /// <summary>02h Invalid Field in Command.</summary>
    InvalidField = 0x0002,

    /// <summary>03h Command ID Conflict.</summary>
    CommandIdConflict = 0x0003,

    /// <summary>04h Data Transfer Error: data or metadata could not be moved.</summary>
    DataTransferError = 0x0004,

    /// <summary>05h Commands Aborted due to Power Loss Notification.</summary>
    AbortedPowerLoss = 0x0005,

    /// <summary>06h Internal Error.</summary>
    InternalError = 0x0006,

    /// <summary>07h Command Abort Requested.</summary>
    AbortRequested = 0x0007,

    /// <summary>08h Command Aborted due to SQ Deletion.</summary>
    AbortedSqDeletion = 0x0008,

    /// <summary>09h Command Aborted due to Failed Fused Command.</summary>
    AbortedFailedFused = 0x0009,

    /// <summary>0Ah Command Aborted due to Missing Fused Command.</summary>
    AbortedMissingFused = 0x000A,

    /// <summary>0Bh Invalid Namespace or Format.</summary>
    InvalidNamespaceOrFormat = 0x000B,

    /// <summary>0Ch Command Sequence Error.</summary>
    CommandSequenceError = 0x000C,

    /// <summary>0Dh Invalid SGL Segment Descriptor.</summary>
    InvalidSglSegmentDescriptor = 0x000D,

    /// <summary>0Eh Invalid Number of SGL Descriptors.</summary>
    InvalidSglDescriptorCount = 0x000E,

    /// <summary>0Fh Data SGL Length Invalid.</summary>
    DataSglLengthInvalid = 0x000F,

    /// <summary>10h Metadata SGL Length Invalid.</summary>
    MetadataSglLengthInvalid = 0x0010,

    /// <summary>11h SGL Descriptor Type Invalid.</summary>
    SglDescriptorTypeInvalid = 0x0011,

    /// <summary>12h Invalid Use of Controller Memory Buffer.</summary>
    InvalidUseOfControllerMemoryBuffer = 0x0012,

    /// <summary>13h PRP Offset Invalid.</summary>
    PrpOffsetInvalid = 0x0013,

    /// <summary>14h Atomic Write Unit Exceeded.</summary>
    AtomicWriteUnitExceeded = 0x0014,

    /// <summary>15h Operation Denied.</summary>
    OperationDenied = 0x0015,

    /// <summary>16h SGL Offset Invalid.</summary>
    SglOffsetInvalid = 0x0016,

    /// <summary>18h Host Identifier Inconsistent Format.</summary>
    HostIdentifierInconsistentFormat = 0x0018,

    /// <summary>19h Keep Alive Timer Expired.</summary>
    KeepAliveTimerExpired = 0x0019,

    /// <summary>1Ah Keep Alive Timeout Invalid.</summary>
    KeepAliveTimeoutInvalid = 0x001A,

    /// <summary>1Bh Command Aborted due to Preempt and Abort.</summary>
    AbortedPreemptAndAbort = 0x001B,

    /// <summary>1Ch Sanitize Failed.</summary>
    SanitizeFailed = 0x001C,

    /// <summary>1Dh Sanitize In Progress.</summary>
    SanitizeInProgress = 0x001D,

    /// <summary>1Eh SGL Data Block Granularity Invalid.</summary>
    SglDataBlockGranularityInvalid = 0x001E,

    /// <summary>1Fh Command Not Supported for Queue in CMB.</summary>
    NotSupportedForQueueInControllerMemoryBuffer = 0x001F,

    /// <summary>20h Namespace is Write Protected.</summary>
    NamespaceWriteProtected = 0x0020,

    /// <summary>21h Command Interrupted: the host should retry.</summary>
    CommandInterrupted = 0x0021,

    /// <summary>22h Transient Transport Error.</summary>
    TransientTransportError = 0x0022,

    /// <summary>23h Command Prohibited by Command and Feature Lockdown.</summary>
    CommandProhibited = 0x0023,

    /// <summary>24h Admin Command Media Not Ready.</summary>
    AdminCommandMediaNotReady = 0x0024,

    /// <summary>80h LBA Out of Range.</summary>
    LbaOutOfRange = 0x0080,

    /// <summary>81h Capacity Exceeded.</summary>
    CapacityExceeded = 0x0081,

    /// <summary>82h Namespace Not Ready.</summary>
    NamespaceNotReady = 0x0082,

    /// <summary>83h Reservation Conflict.</summary>
    ReservationConflict = 0x0083,

    /// <summary>84h Format In Progress.</summary>
    FormatInProgress = 0x0084,

    // Command Specific Status (SCT 1h).

    /// <summary>1/00h Completion Queue Invalid.</summary>
    CompletionQueueInvalid = 0x0100,

    /// <summary>1/01h Invalid Queue Identifier.</summary>
    InvalidQueueIdentifier = 0x0101,

    /// <summary>1/02h Invalid Queue Size.</summary>
    InvalidQueueSize = 0x0102,

    /// <summary>1/03h Abort Command Limit Exceeded.</summary>
    AbortCommandLimitExceeded = 0x0103,

    /// <summary>1/05h Asynchronous Event Request Limit Exceeded.</summary>
    AsynchronousEventRequestLimitExceeded = 0x0105,

    /// <summary>1/06h Invalid Firmware Slot.</summary>
    InvalidFirmwareSlot = 0x0106,

    /// <summary>1/07h Invalid Firmware Image.</summary>
    InvalidFirmwareImage = 0x0107,

    /// <summary>1/08h Invalid Interrupt Vector.</summary>
    InvalidInterruptVector = 0x0108,

    /// <summary>1/09h Invalid Log Page.</summary>
    InvalidLogPage = 0x0109,

    /// <summary>1/0Ah Invalid Format.</summary>
    InvalidFormat = 0x010A,

    /// <summary>1/0Bh Firmware Activation Requires Conventional Reset.</summary>
    FirmwareActivationRequiresConventionalReset = 0x010B,

    /// <summary>1/0Ch Invalid Queue Deletion.</summary>
    InvalidQueueDeletion = 0x010C,

    /// <summary>1/0Dh Feature Identifier Not Saveable.</summary>
    FeatureNotSaveable = 0x010D,

    /// <summary>1/0Eh Feature Not Changeable.</summary>
    FeatureNotChangeable = 0x010E,

    /// <summary>1/0Fh Feature Not Namespace Specific.</summary>
    FeatureNotNamespaceSpecific = 0x010F,

    /// <summary>1/14h Overlapping Range.</summary>
    OverlappingRange = 0x0114,

    /// <summary>1/15h Namespace Insufficient Capacity.</summary>
    NamespaceInsufficientCapacity = 0x0115,

    /// <summary>1/16h Namespace Identifier Unavailable.</summary>
    NamespaceIdentifierUnavailable = 0x0116,

    /// <summary>1/18h Namespace Already Attached.</summary>
    NamespaceAlreadyAttached = 0x0118,

    /// <summary>1/19h Namespace Is Private.</summary>
    NamespaceIsPrivate = 0x0119,

    /// <summary>1/1Ah Namespace Not Attached.</summary>
    NamespaceNotAttached = 0x011A,

    /// <summary>1/1Bh Thin Provisioning Not Supported.</summary>
    ThinProvisioningNotSupported = 0x011B,

    /// <summary>1/1Ch Controller List Invalid.</summary>
    ControllerListInvalid = 0x011C,

    /// <summary>1/1Dh Device Self-test In Progress.</summary>
    DeviceSelfTestInProgress = 0x011D,

    /// <summary>1/1Fh Invalid Controller Identifier.</summary>
    InvalidControllerIdentifier = 0x011F,

    /// <summary>1/29h I/O Command Set Not Supported.</summary>
    IoCommandSetNotSupported = 0x0129,

    /// <summary>1/80h Conflicting Attributes (Dataset Management, Read, Write).</summary>
    ConflictingAttributes = 0x0180,

    /// <summary>1/81h Invalid Protection Information.</summary>
    InvalidProtectionInformation = 0x0181,

    /// <summary>1/82h Attempted Write to Read Only Range.</summary>
    WriteToReadOnlyRange = 0x0182,

    /// <summary>1/83h Command Size Limit Exceeded (Copy, Dataset Management).</summary>
    CommandSizeLimitExceeded = 0x0183,

    // Media and Data Integrity Errors (SCT 2h).

    /// <summary>2/80h Write Fault.</summary>
    WriteFault = 0x0280,

    /// <summary>2/81h Unrecovered Read Error.</summary>
    UnrecoveredReadError = 0x0281,

    /// <summary>2/82h End-to-end Guard Check Error.</summary>
    GuardCheckError = 0x0282,

    /// <summary>2/83h End-to-end Application Tag Check Error.</summary>
    ApplicationTagCheckError = 0x0283,

    /// <summary>2/84h End-to-end Reference Tag Check Error.</summary>
    ReferenceTagCheckError = 0x0284,

    /// <summary>2/85h Compare Failure.</summary>
    CompareFailure = 0x0285,

    /// <summary>2/86h Access Denied.</summary>
    AccessDenied = 0x0286,

    /// <summary>2/87h Deallocated or Unwritten Logical Block.</summary>
    DeallocatedOrUnwrittenBlock = 0x0287,

    // Bits of the status field above code and type.

    /// <summary>More (M): the Error Information log has an entry about this command.</summary>
    More = 0x2000,

    /// <summary>Do Not Retry (DNR): the same command will fail again.</summary>
    DoNotRetry = 0x4000,
}
