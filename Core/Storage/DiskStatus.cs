namespace NvmeDoorbell.Storage;

/// <summary>How a <see cref="DiskRequest"/> ended. The values are NVMEDB_DISK_* of the C header.</summary>
public enum DiskStatus : byte
{
    /// <summary>
    /// Not ended: <see cref="DiskRequest.Complete(DiskStatus)"/> will follow. No status to complete with.
    /// </summary>
    Pending = 0,

    /// <summary>Done, all of it.</summary>
    Success = 1,

    /// <summary>
    /// Data could not be read; what is in the segments is undefined. To a guest: Unrecovered Read Error.
    /// </summary>
    ReadError = 2,

    /// <summary>Data could not be written or made durable; the range is undefined. To a guest: Write Fault.</summary>
    WriteFault = 3,

    /// <summary>No room where the disk keeps its data. To a guest: Capacity Exceeded.</summary>
    Full = 4,

    /// <summary>The disk does not do this operation, or not on this range; nothing has changed.</summary>
    NotSupported = 5,

    /// <summary>Given up, by the disk or because it is being disposed.</summary>
    Aborted = 6,

    /// <summary>
    /// A request that no controller should make (out of the disk's range, segments that do not add up).
    /// </summary>
    InternalError = 7,
}
