namespace NvmeDoorbell.Storage;

/// <summary><c>enum io_uring_op</c>, linux/io_uring.h, as far as it is used here.</summary>
internal enum IoUringOperation : byte
{
    /// <summary>Into segments.</summary>
    ReadVector = 1,

    /// <summary>From segments.</summary>
    WriteVector = 2,

    /// <summary>Into one stretch of memory.</summary>
    Read = 22,

    /// <summary>From one stretch of memory.</summary>
    Write = 23,
}
