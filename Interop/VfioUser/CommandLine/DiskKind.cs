namespace NvmeDoorbell.VfioUser.CommandLine;

/// <summary>The kinds of disks that the command line offers.</summary>
internal enum DiskKind
{
    /// <summary>A file or a block device.</summary>
    File,

    /// <summary>Memory, gone with the process.</summary>
    Ram,

    /// <summary>Reads zeroes and forgets writes.</summary>
    Null,
}
