using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A namespace as the I/O commands of one controller see it, at one time. Where the namespace changes, the controller's
/// table gets another one, and a command goes on with the one that it has found, which does not change, but that it may be
/// fenced.
/// </summary>
internal sealed class Namespace
{
    /// <param name="allocated">The namespace, as it is now.</param>
    /// <param name="host">The host of the controller; null: of none, so that no reservation counts.</param>
    public Namespace(AllocatedNamespace allocated, HostIdentity? host = null)
    {
        Allocated = allocated;
        Disk = allocated.Disk;
        Blocks = allocated.Blocks;
        BlockShift = allocated.BlockShift;
        BlockCount = allocated.LengthBytes >> allocated.BlockShift;
        Unavailable = allocated.Unavailable;
        ReadRefusal = FlushRefusal = WriteRefusal = Unavailable;
        if (Unavailable != StatusCode.Success)
            return;
        if (host is { } known)
        {
            ReadRefusal = ConflictIf(!allocated.Reservations.MayRead(known));
            FlushRefusal = WriteRefusal = ConflictIf(!allocated.Reservations.MayWrite(known));
        }
        if (WriteRefusal == StatusCode.Success && Disk.IsReadOnly)
            WriteRefusal = StatusCode.NamespaceWriteProtected | StatusCode.DoNotRetry;
    }

    /// <summary>A namespace of nobody's, for tests of what works on one.</summary>
    public Namespace(uint id, IDisk disk)
        : this(new AllocatedNamespace(id, disk, isShared: false))
    {
    }

    /// <summary>What all controllers share that have the namespace.</summary>
    public AllocatedNamespace Allocated { get; }

    public uint Id => Allocated.Id;

    public IDisk Disk { get; }

    /// <summary>What is special about its blocks.</summary>
    public SharedBlocks Blocks { get; }

    /// <summary>Base-2 logarithm of the block size in bytes (LBADS).</summary>
    public int BlockShift { get; }

    /// <summary>Number of logical blocks (NSZE).</summary>
    public ulong BlockCount { get; }

    public bool IsReadOnly => Disk.IsReadOnly;

    /// <summary>How every command ends at once, while the namespace is formatted or sanitized; else Success.</summary>
    public StatusCode Unavailable { get; }

    /// <summary>How a command that reads ends at once; Success: it goes on. Whole, with Do Not Retry where it is due.</summary>
    public StatusCode ReadRefusal { get; }

    /// <summary>The same for a command that changes data.</summary>
    public StatusCode WriteRefusal { get; }

    /// <summary>The same for Flush, which a write-protected namespace takes.</summary>
    public StatusCode FlushRefusal { get; }

    /// <summary>
    /// The commands that have found it end as preempted and aborted where they can. Set before the tasks that may have
    /// such commands are asked whether they use it still.
    /// </summary>
    public bool IsFenced { get; set; }

    /// <summary>Whether blocks lie inside the namespace, without overflow for any values.</summary>
    public bool Contains(ulong firstBlock, uint blockCount) =>
        firstBlock <= BlockCount && blockCount <= BlockCount - firstBlock;

    private static StatusCode ConflictIf(bool isRefused) =>
        isRefused ? StatusCode.ReservationConflict | StatusCode.DoNotRetry : StatusCode.Success;
}
