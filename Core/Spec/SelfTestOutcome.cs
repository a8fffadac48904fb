namespace NvmeDoorbell.Spec;

/// <summary>
/// How a self-test operation ended. Base Specification 2.0, figure "Self-test Result Data Structure", bits 3:0 of Device
/// Self-test Status.
/// </summary>
public enum SelfTestOutcome : byte
{
    /// <summary>0h: without error.</summary>
    Passed = 0x0,

    /// <summary>1h: aborted by a Device Self-test command.</summary>
    AbortedByCommand = 0x1,

    /// <summary>2h: aborted by a controller level reset.</summary>
    AbortedByReset = 0x2,

    /// <summary>3h: aborted because a namespace was removed.</summary>
    AbortedByNamespaceRemoval = 0x3,

    /// <summary>4h: aborted by Format NVM.</summary>
    AbortedByFormat = 0x4,

    /// <summary>5h: a fatal or unknown error prevented its completion.</summary>
    FatalError = 0x5,

    /// <summary>6h: completed with a failed segment, it is not known which.</summary>
    SegmentFailed = 0x6,

    /// <summary>7h: completed with failed segments, the first of which Segment Number names.</summary>
    KnownSegmentFailed = 0x7,

    /// <summary>8h: aborted for an unknown reason.</summary>
    Aborted = 0x8,

    /// <summary>9h: aborted by a sanitize operation.</summary>
    AbortedBySanitize = 0x9,

    /// <summary>Fh: the entry is not used.</summary>
    NotUsed = 0xF,
}
