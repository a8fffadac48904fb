namespace NvmeDoorbell.Storage;

/// <summary>How a <see cref="FileDisk"/> moves data that a reactor must not wait for.</summary>
public enum FileDiskIo
{
    /// <summary>By io_uring where the system has it and permits it, else by threads.</summary>
    Auto = 0,

    /// <summary>By io_uring, Linux 5.6 or later.</summary>
    IoUring = 1,

    /// <summary>By positional reads and writes on a few threads.</summary>
    Positional = 2,
}
