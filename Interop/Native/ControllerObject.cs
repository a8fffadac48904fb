using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A controller behind a handle, with the disks of its namespaces. It holds its memory and its reactors.</summary>
internal sealed class ControllerObject : NativeObject
{
    private readonly MemoryObject _memory;
    private readonly ReactorObject[] _reactors;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, NamespaceDisk> _disks = [];
    // Of namespaces that have been removed while the disk kept a request.
    private readonly List<(uint Nsid, NamespaceDisk Disk)> _leaving = [];

    /// <summary>From inside calls of the memory and of every reactor.</summary>
    public ControllerObject(
        PciFunction function, InterruptOutputs interrupts, MemoryObject memory, ReactorObject[] reactors)
    {
        Function = function;
        Interrupts = interrupts;
        _memory = memory;
        _reactors = reactors;
        memory.AddReference();
        foreach (ReactorObject reactor in reactors)
            reactor.AddReference();
    }

    public PciFunction Function { get; }

    public InterruptOutputs Interrupts { get; }

    /// <summary>
    /// Whether the caller is a thread that one of the reactors runs on now, or one of the faults: in a callback, then.
    /// </summary>
    private bool IsOnOwnThread
    {
        get
        {
            if (Array.Exists(_reactors, static reactor => reactor.Reactor.IsOwnThread))
                return true;
            if (Interrupts.Faults is { IsOwnThread: true })
                return true;
            lock (_gate)
            {
                return _disks.Values.Concat(_leaving.Select(static leaving => leaving.Disk))
                    .Any(static disk => disk.Faults is { IsOwnThread: true });
            }
        }
    }

    public int Reset()
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        Function.Reset();
        return Status.Ok;
    }

    /// <summary>Attaches the disk, which is the controller's from now on.</summary>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    public uint AddNamespace(uint nsid, NamespaceDisk disk)
    {
        lock (_gate)
        {
            uint added = Function.Controller.AddNamespace(nsid, disk.Disk);
            _disks[added] = disk;
            return added;
        }
    }

    /// <summary>The disk of a namespace, of one too that has been removed while the disk kept a request.</summary>
    public bool TryFindDisk(uint nsid, out NamespaceDisk disk)
    {
        lock (_gate)
        {
            if (_disks.TryGetValue(nsid, out disk))
                return true;
            int index = _leaving.FindIndex(leaving => leaving.Nsid == nsid);
            if (index >= 0)
                disk = _leaving[index].Disk;
            return index >= 0;
        }
    }

    public int RemoveNamespace(uint nsid)
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        NamespaceDisk disk;
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
                Function.Controller.RemoveNamespace(nsid);
        }
        catch (TimeoutException e)
        {
            lock (_gate)
                _leaving.Add((nsid, disk));
            return LastError.Set(Status.Busy, e.Message);
        }

        // Outside of the lock: what a disk holds back goes on meanwhile, and callbacks may call in.
        disk.Disk.Dispose();
        return Status.Ok;
    }

    protected override int MayFree() => IsOnOwnThread ? NotFromOwnThread() : Status.Ok;

    protected override int Release()
    {
        try
        {
            Function.Dispose();
        }
        catch (TimeoutException e)
        {
            return LastError.Set(Status.Busy, e.Message);
        }

        // No request is under way, and nobody else is inside: each disk goes at once.
        foreach (NamespaceDisk disk in _disks.Values)
            disk.Disk.Dispose();
        foreach ((_, NamespaceDisk disk) in _leaving)
            disk.Disk.Dispose();
        Interrupts.Faults?.Dispose();
        foreach (ReactorObject reactor in _reactors)
            reactor.DropReference();
        _memory.DropReference();
        return Status.Ok;
    }

    private static int NotFromOwnThread() =>
        LastError.Set(Status.Thread, "A reactor's own thread, or one of the faults, would wait for itself.");

    // A disk of the embedder's may keep a request for ever; every other disk ends by itself.
    private int TakeLeaving(uint nsid, out NamespaceDisk disk)
    {
        disk = default;
        int index = _leaving.FindIndex(leaving => leaving.Nsid == nsid);
        if (index < 0)
            return LastError.Set(Status.Range, "There is no namespace of that identifier.");
        if (_leaving[index].Disk.Native is { IsBusy: true })
            return LastError.Set(Status.Busy, "The disk of the namespace has kept a request.");
        disk = _leaving[index].Disk;
        _leaving.RemoveAt(index);
        return Status.Ok;
    }
}
