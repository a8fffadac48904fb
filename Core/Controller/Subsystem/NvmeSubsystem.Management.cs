using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <content>
/// Namespaces that guests make, delete, attach and detach. What blocks runs on threads of the pool; each command ends by
/// a call back.
/// </content>
public sealed partial class NvmeSubsystem
{
    // Identifiers of namespaces whose disk is being made or destroyed.
    private readonly HashSet<uint> _underWay = [];

    /// <summary>Begins to make a namespace of the pool.</summary>
    /// <param name="sizeBlocks">Its length in blocks, not 0.</param>
    /// <param name="blockShift">Its block.</param>
    /// <param name="isShared">It may be attached to several controllers.</param>
    /// <param name="ended">Called once, from any thread, if Success is returned.</param>
    internal StatusCode StartCreate(
        ulong sizeBlocks, int blockShift, bool isShared, Action<StatusCode, uint> ended)
    {
        IDiskPool pool = Options.Pool!;
        uint nsid = 1;
        lock (_lock)
        {
            StatusCode refusal = SanitizeRefusal;
            if (refusal != StatusCode.Success)
                return refusal;
            while (IsTaken(nsid))
                nsid++;
            if (nsid > NamespaceTable.MaxId)
                return StatusCode.NamespaceIdentifierUnavailable;
            if (sizeBlocks > pool.TotalBytes >> blockShift)
                return StatusCode.NamespaceInsufficientCapacity;
            _underWay.Add(nsid);
        }
        ThreadPool.UnsafeQueueUserWorkItem(
            _ => ended(Create(pool, nsid, sizeBlocks << blockShift, blockShift, isShared), nsid), null);
        return StatusCode.Success;
    }

    /// <summary>Begins to delete a namespace of the pool, or all.</summary>
    /// <param name="nsid">The namespace, or FFFFFFFFh.</param>
    /// <param name="ended">Called once, from any thread, if Success is returned.</param>
    internal StatusCode StartDelete(uint nsid, Action<StatusCode> ended)
    {
        List<SeenNamespace> seen = [];
        AllocatedNamespace[] targets;
        lock (_lock)
        {
            StatusCode refusal = SanitizeRefusal;
            if (refusal != StatusCode.Success)
                return refusal;
            targets = Array.FindAll(_namespaces.ToArray(), each => nsid.Covers(each.Id));
            if (targets.Length == 0 && nsid != NamespaceIds.All)
                return StatusCode.InvalidNamespaceOrFormat;
            // What the embedder has added is the embedder's to take away.
            if (Array.Exists(targets, target => target.Pooled is null))
                return StatusCode.OperationDenied;
            if (Array.Exists(targets, target => target.Unavailable != StatusCode.Success))
                return StatusCode.FormatInProgress;
            foreach (AllocatedNamespace target in targets)
            {
                _underWay.Add(target.Id);
                seen.AddRange(Deallocate(target, out _));
            }
        }
        SeenNamespace.WhenUnused(seen, () => ThreadPool.UnsafeQueueUserWorkItem(
            _ => ended(Destroy(Options.Pool!, targets)), null));
        return StatusCode.Success;
    }

    /// <summary>Attaches a namespace to all of some controllers, or to none.</summary>
    internal StatusCode StartAttach(uint nsid, ushort[] ids, Action<StatusCode> ended)
    {
        lock (_lock)
        {
            StatusCode status = Find(nsid, ids, out AllocatedNamespace? target, out SubsystemMember[] members);
            if (status != StatusCode.Success)
                return status;
            if (Array.Exists(members, target!.IsAttachedTo))
                return StatusCode.NamespaceAlreadyAttached;
            if (!target.IsShared && target.Attached.Length + members.Length > 1)
                return StatusCode.NamespaceIsPrivate;
            foreach (SubsystemMember member in members)
                Attach(target, member);
        }
        ended(StatusCode.Success);
        return StatusCode.Success;
    }

    /// <summary>Detaches a namespace from all of some controllers, or from none.</summary>
    internal StatusCode StartDetach(uint nsid, ushort[] ids, Action<StatusCode> ended)
    {
        List<SeenNamespace> seen = [];
        lock (_lock)
        {
            StatusCode status = Find(nsid, ids, out AllocatedNamespace? target, out SubsystemMember[] members);
            if (status != StatusCode.Success)
                return status;
            if (!Array.TrueForAll(members, target!.IsAttachedTo))
                return StatusCode.NamespaceNotAttached;
            foreach (SubsystemMember member in members)
                seen.Add(Detach(target, member));
        }
        SeenNamespace.WhenUnused(seen, () => ended(StatusCode.Success));
        return StatusCode.Success;
    }

    private bool IsTaken(uint nsid) => _namespaces.Has(nsid) || _underWay.Contains(nsid);

    private StatusCode Find(
        uint nsid, ushort[] ids, out AllocatedNamespace? target, out SubsystemMember[] members)
    {
        members = new SubsystemMember[ids.Length];
        StatusCode refusal = SanitizeRefusal;
        if (!_namespaces.TryGet(nsid, out target))
            return StatusCode.InvalidNamespaceOrFormat;
        if (refusal != StatusCode.Success)
            return refusal;
        for (int index = 0; index < ids.Length; index++)
        {
            if (!_members.TryGet(ids[index], out SubsystemMember? member))
                return StatusCode.ControllerListInvalid;
            members[index] = member;
        }
        return StatusCode.Success;
    }

    private StatusCode Create(IDiskPool pool, uint nsid, ulong lengthBytes, int blockShift, bool isShared)
    {
        PooledDisk? disk = null;
        StatusCode status = StatusCode.Success;
        try
        {
            disk = pool.Create(nsid, lengthBytes, 1 << blockShift, isShared);
            if (disk is null)
                status = StatusCode.NamespaceInsufficientCapacity;
        }
        catch (IOException)
        {
            status = StatusCode.NamespaceInsufficientCapacity;
        }
        catch (Exception)
        {
            status = StatusCode.InternalError; // a pool is the embedder's code: it does not end a thread
        }
        lock (_lock)
        {
            _underWay.Remove(nsid);
            try
            {
                if (disk is not null)
                    Adopt(disk);
            }
            catch (Exception)
            {
                status = StatusCode.InternalError; // the pool has given a disk that is none, or another's
            }
        }
        return status;
    }

    private StatusCode Destroy(IDiskPool pool, AllocatedNamespace[] targets)
    {
        StatusCode status = StatusCode.Success;
        foreach (AllocatedNamespace target in targets)
        {
            try
            {
                pool.Destroy(target.Pooled!);
            }
            catch (Exception)
            {
                status = StatusCode.InternalError;
            }
            lock (_lock)
                _underWay.Remove(target.Id);
        }
        return status;
    }

    /// <summary>A disk of the pool becomes a namespace.</summary>
    private void Adopt(PooledDisk disk)
    {
        AllocatedNamespace added = Allocate(disk.Nsid, disk.Disk, disk.IsShared, disk.BlockBytes);
        added.Pooled = disk;
    }
}
