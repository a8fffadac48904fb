namespace NvmeDoorbell.Memory;

/// <summary>What may be done with a region of guest memory, or what a caller wants to do with it.</summary>
[Flags]
public enum GuestAccess
{
    /// <summary>Read and written.</summary>
    ReadWrite = 0,

    /// <summary>Only read. Of a region: a write to it is refused.</summary>
    ReadOnly = 1,
}
