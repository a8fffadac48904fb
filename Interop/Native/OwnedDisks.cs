using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>The disks of the namespaces of a subsystem, which go with their namespace.</summary>
internal sealed class OwnedDisks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, NamespaceDisk> _disks = [];
    // Of namespaces that have been removed while the disk kept a request.
    private readonly List<NamespaceDisk> _leaving = [];

    /// <summary>Whether the caller is a thread on which the faults of one of the disks call back.</summary>
    public bool IsOnFaultThread
    {
        get
        {
            lock (_gate)
            {
                foreach (NamespaceDisk disk in _disks.Values)
                {
                    if (disk.Faults is { IsOwnThread: true })
                        return true;
                }
                return _leaving.Exists(static leaving => leaving.Faults is { IsOwnThread: true });
            }
        }
    }

    /// <summary>Adds a namespace and takes its disk.</summary>
    public uint Add(uint nsid, NamespaceDisk disk, Func<uint, IDisk, uint> add)
    {
        lock (_gate)
        {
            disk.Nsid = add(nsid, disk.Disk);
            _disks[disk.Nsid] = disk;
            return disk.Nsid;
        }
    }

    /// <summary>The disk of a namespace, of one too that has been removed while the disk kept a request.</summary>
    public NamespaceDisk? Find(uint nsid)
    {
        lock (_gate)
        {
            return _disks.TryGetValue(nsid, out NamespaceDisk? disk)
                ? disk
                : _leaving.Find(leaving => leaving.Nsid == nsid);
        }
    }

    /// <summary>Removes a namespace and disposes of its disk.</summary>
    public int Remove(uint nsid, Func<uint, bool> remove)
    {
        NamespaceDisk? disk;
        bool isAttached;
        lock (_gate)
        {
            isAttached = _disks.Remove(nsid, out disk);
            int status = isAttached ? Status.Ok : TakeLeaving(nsid, out disk);
            if (status != Status.Ok)
                return status;
        }

        try
        {
            if (isAttached)
                remove(nsid);
        }
        catch (TimeoutException e)
        {
            lock (_gate)
                _leaving.Add(disk!);
            return LastError.Set(Status.Busy, e.Message);
        }
        catch (InvalidOperationException e)
        {
            lock (_gate)
                _disks[nsid] = disk!;
            return LastError.Set(Status.Thread, e.Message);
        }

        // Outside of the lock: what a disk holds back goes on meanwhile, and callbacks may call in.
        disk!.Disk.Dispose();
        return Status.Ok;
    }

    /// <summary>No request is under way, and nobody else is inside: each disk goes at once.</summary>
    public void DisposeAll()
    {
        foreach (NamespaceDisk disk in _disks.Values)
            disk.Disk.Dispose();
        foreach (NamespaceDisk disk in _leaving)
            disk.Disk.Dispose();
    }

    // A disk of the embedder's may keep a request for ever; every other disk ends by itself.
    private int TakeLeaving(uint nsid, out NamespaceDisk? disk)
    {
        disk = _leaving.Find(leaving => leaving.Nsid == nsid);
        if (disk is null)
            return LastError.Set(Status.Range, "There is no namespace of that identifier.");
        if (disk.Native is { IsBusy: true })
            return LastError.Set(Status.Busy, "The disk of the namespace has kept a request.");
        _leaving.Remove(disk);
        return Status.Ok;
    }
}
