namespace NvmeDoorbell.Spec;

/// <summary>
/// Asynchronous Event Type. Base Specification 2.0, "Asynchronous Event Request, Completion Queue Entry Dword 0".
/// </summary>
public enum AsynchronousEventType : byte
{
    /// <summary>0h Error event.</summary>
    Error = 0,

    /// <summary>1h SMART / Health Status event.</summary>
    Health = 1,

    /// <summary>2h Notice event.</summary>
    Notice = 2,

    /// <summary>3h Immediate event.</summary>
    Immediate = 3,

    /// <summary>4h One-Shot event.</summary>
    OneShot = 4,

    /// <summary>6h I/O Command specific event.</summary>
    IoCommandSpecific = 6,

    /// <summary>7h Vendor specific event.</summary>
    VendorSpecific = 7,
}
