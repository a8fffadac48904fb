namespace NvmeDoorbell.Spec;

/// <summary>PSDT of <see cref="SubmissionEntry"/>. Base Specification 2.0, "Command Dword 0".</summary>
public enum DataTransferKind : byte
{
    /// <summary>PRPs are used for the transfer.</summary>
    Prp = 0,

    /// <summary>SGLs; the metadata pointer is the address of one contiguous buffer.</summary>
    SglContiguousMetadata = 1,

    /// <summary>SGLs; the metadata pointer is the address of an SGL segment with one descriptor.</summary>
    SglSegmentMetadata = 2,

    /// <summary>Reserved.</summary>
    Reserved = 3,
}
