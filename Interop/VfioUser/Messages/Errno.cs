namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The error numbers that replies carry: those of Linux.</summary>
internal enum Errno
{
    None = 0,
    NoEntry = 2,
    IoError = 5,
    OutOfMemory = 12,
    Access = 13,
    Fault = 14,
    Busy = 16,
    Exists = 17,
    Invalid = 22,
    NoSpace = 28,
    NotSupported = 95,
}
