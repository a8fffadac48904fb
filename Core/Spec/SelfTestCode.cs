namespace NvmeDoorbell.Spec;

/// <summary>Self-test Code (STC) of Device Self-test. Base Specification 2.0, "Device Self-test command".</summary>
public enum SelfTestCode : byte
{
    /// <summary>0h: none; of the log page, no operation is under way.</summary>
    None = 0x0,

    /// <summary>1h: a short operation.</summary>
    ShortTest = 0x1,

    /// <summary>2h: an extended operation.</summary>
    ExtendedTest = 0x2,

    /// <summary>Eh: vendor specific.</summary>
    VendorSpecific = 0xE,

    /// <summary>Fh: abort the operation under way.</summary>
    Abort = 0xF,
}
