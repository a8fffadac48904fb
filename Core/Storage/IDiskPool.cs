namespace NvmeDoorbell.Storage;

/// <summary>
/// Where a guest's Namespace Management gets its capacity from: makes disks, and takes them back. Implement it to let
/// namespaces be made of storage of your own.
/// </summary>
/// <remarks>
/// Members may be called from any thread, several at once. Those that make and destroy disks may block: they are not
/// called from reactors.
/// </remarks>
public interface IDiskPool
{
    /// <summary>Bytes that there are, used and free (TNVMCAP).</summary>
    ulong TotalBytes { get; }

    /// <summary>Bytes that disks can still be made of (UNVMCAP).</summary>
    ulong FreeBytes { get; }

    /// <summary>The disks that there are; also those that the pool has found from an earlier life.</summary>
    IReadOnlyList<PooledDisk> GetDisks();

    /// <summary>Makes a disk that reads as zeroes.</summary>
    /// <param name="nsid">The namespace; none of the pool's disks has it.</param>
    /// <param name="lengthBytes">Length in bytes, a multiple of 512, and not 0.</param>
    /// <param name="blockBytes">What the namespace is formatted with; kept for later.</param>
    /// <param name="isShared">Kept for later.</param>
    /// <returns>The disk; null: there is no room for it.</returns>
    /// <exception cref="IOException">The storage has refused.</exception>
    PooledDisk? Create(uint nsid, ulong lengthBytes, int blockBytes, bool isShared);

    /// <summary>The namespace has been formatted with another block: remember that.</summary>
    /// <returns>The same disk, with the new block.</returns>
    /// <exception cref="IOException">The storage has refused.</exception>
    PooledDisk SetBlock(PooledDisk disk, int blockBytes);

    /// <summary>Disposes of a disk, forgets its data and has its bytes free again. Nothing uses it any more.</summary>
    /// <exception cref="IOException">The storage has refused; the disk cannot be used all the same.</exception>
    void Destroy(PooledDisk disk);
}
