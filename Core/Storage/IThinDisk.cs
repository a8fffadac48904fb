namespace NvmeDoorbell.Storage;

/// <summary>A disk that takes room where it keeps its data only for what has been written.</summary>
/// <remarks>A namespace on it says so (NSFEAT.THINP), and how much it uses (NUSE).</remarks>
public interface IThinDisk : IDisk
{
    /// <summary>
    /// The room that it takes now, in bytes, as far as its storage tells; null: it is not known, or nothing is saved.
    /// Any thread; asked when a host identifies the namespace, and so quick. May be more than the length, where
    /// its storage counts what it keeps for itself.
    /// </summary>
    ulong? AllocatedBytes { get; }
}
