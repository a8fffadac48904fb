namespace NvmeDoorbell.Spec;

/// <summary>FUSE of <see cref="SubmissionEntry"/>. Base Specification 2.0, "Command Dword 0".</summary>
public enum FusedOperation : byte
{
    /// <summary>A command of its own.</summary>
    Normal = 0,

    /// <summary>First command of a fused pair.</summary>
    First = 1,

    /// <summary>Second command of a fused pair.</summary>
    Second = 2,

    /// <summary>Reserved.</summary>
    Reserved = 3,
}
