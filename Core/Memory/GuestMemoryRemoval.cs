namespace NvmeDoorbell.Memory;

/// <summary>What became of a request to remove a region.</summary>
public enum GuestMemoryRemoval
{
    /// <summary>Removed: nothing here reads or writes it any more.</summary>
    Removed,

    /// <summary>Out of reach for new commands, but a command under way still uses it. Ask again.</summary>
    Busy,

    /// <summary>No region with that start and length.</summary>
    NotFound,

    /// <summary>Asked from a turn of a task that uses this memory, which would wait for itself. Nothing changed.</summary>
    WrongThread,
}
