using System.Numerics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>A namespace as the I/O commands see it: a disk under an identifier. Never changes but for its removal.</summary>
internal sealed class Namespace
{
    private bool _isRemoved;

    /// <param name="id">Namespace identifier.</param>
    /// <param name="disk">The disk; its block size is a power of two, its length a multiple of it.</param>
    public Namespace(uint id, IDisk disk)
    {
        Id = id;
        Disk = disk;
        BlockShift = BitOperations.Log2((uint)disk.BlockBytes);
        BlockCount = disk.LengthBytes >> BlockShift;
        IsReadOnly = disk.IsReadOnly;
    }

    public uint Id { get; }

    public IDisk Disk { get; }

    /// <summary>Base-2 logarithm of the block size in bytes (LBADS).</summary>
    public int BlockShift { get; }

    /// <summary>Number of logical blocks (NSZE).</summary>
    public ulong BlockCount { get; }

    public bool IsReadOnly { get; }

    /// <summary>No longer in the table. Requests that were under way may still use the disk.</summary>
    public bool IsRemoved => Volatile.Read(ref _isRemoved);

    public void MarkRemoved() => Volatile.Write(ref _isRemoved, true);

    /// <summary>Whether blocks lie inside the namespace, without overflow for any values.</summary>
    public bool Contains(ulong firstBlock, uint blockCount) =>
        firstBlock <= BlockCount && blockCount <= BlockCount - firstBlock;
}
