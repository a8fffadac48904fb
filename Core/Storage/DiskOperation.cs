namespace NvmeDoorbell.Storage;

/// <summary>What a <see cref="DiskRequest"/> asks of a disk. The values are NVMEDB_DISK_* of the C header.</summary>
public enum DiskOperation : byte
{
    /// <summary>Bytes of the disk into the segments.</summary>
    Read = 0,

    /// <summary>Bytes of the segments onto the disk; durable before completion with force unit access.</summary>
    Write = 1,

    /// <summary>
    /// Every write completed before the flush was submitted is durable when it completes. No offset, no length.
    /// </summary>
    Flush = 2,

    /// <summary>Zeroes onto the disk, as a write of zeroes would put them there. No segments.</summary>
    WriteZeroes = 3,

    /// <summary>
    /// The range is not needed any more: its room is given back, and it reads as zeroes from then on. No segments. A
    /// disk that cannot do both for this range changes nothing and answers <see cref="DiskStatus.NotSupported"/>; to a
    /// guest, deallocation is a hint, so the command succeeds and the data is still there.
    /// </summary>
    Discard = 4,
}
