using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A subsystem behind a handle, with its disks and its pool. Controllers of it hold a reference.</summary>
internal sealed class SubsystemObject(NvmeSubsystem subsystem, DiskPool? pool) : NamespaceOwner
{
    private readonly OwnedDisks _disks = new();

    public override NvmeSubsystem Subsystem { get; } = subsystem;

    public override uint AddNamespace(uint nsid, NamespaceDisk disk) =>
        _disks.Add(nsid, disk, (id, added) => Subsystem.AddNamespace(id, added));

    /// <summary>Adds one that a controller has to itself.</summary>
    public uint AddNamespace(uint nsid, NamespaceDisk disk, NvmeController controller) =>
        _disks.Add(nsid, disk, controller.AddNamespace);

    public override NamespaceDisk? FindDisk(uint nsid) => _disks.Find(nsid);

    /// <summary>Whether the caller is a thread on which the faults of one of the disks call back.</summary>
    public bool IsOnFaultThread => _disks.IsOnFaultThread;

    public override int RemoveNamespace(uint nsid) => IsOnFaultThread
        ? LastError.Set(Status.Thread, "A thread of the faults would wait for itself.")
        : _disks.Remove(nsid, Subsystem.RemoveNamespace);

    protected override int Release()
    {
        Subsystem.Dispose();
        _disks.DisposeAll();
        pool?.Dispose();
        return Status.Ok;
    }
}
