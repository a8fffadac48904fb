namespace NvmeDoorbell.Storage;

/// <summary>A disk of a pool, with what the pool remembers of the namespace that it was made for.</summary>
/// <param name="Nsid">The namespace identifier; no other disk of the pool has it.</param>
/// <param name="Disk">The disk. Its block is 512 bytes, so that it can be formatted with any.</param>
/// <param name="BlockBytes">The logical block that the namespace is formatted with.</param>
/// <param name="IsShared">The namespace may be attached to several controllers.</param>
public sealed record PooledDisk(uint Nsid, IDisk Disk, int BlockBytes, bool IsShared);
