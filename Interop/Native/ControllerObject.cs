using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>A controller behind a handle, with the disks of its namespaces. It holds its memory and its reactors.</summary>
internal sealed class ControllerObject : NativeObject
{
    private readonly MemoryObject _memory;
    private readonly ReactorObject[] _reactors;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, IDisk> _disks = [];
    // Of namespaces that have been removed while the disk kept a request.
    private readonly List<(uint Nsid, IDisk Disk)> _leaving = [];

    /// <summary>From inside calls of the memory and of every reactor.</summary>
    public ControllerObject(
        PciFunction function, NativeInterrupts interrupts, MemoryObject memory, ReactorObject[] reactors)
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

    public NativeInterrupts Interrupts { get; }

    /// <summary>Whether the caller is a thread that one of the reactors runs on now.</summary>
    public bool IsOnReactor => Array.Exists(_reactors, static reactor => reactor.Reactor.IsOwnThread);

    public int Reset()
    {
        if (IsOnReactor)
            return NotFromReactor();
        Function.Reset();
        return Status.Ok;
    }

    /// <summary>Attaches the disk, which is the controller's from now on.</summary>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    public uint AddNamespace(uint nsid, IDisk disk)
    {
        lock (_gate)
        {
            uint added = Function.Controller.AddNamespace(nsid, disk);
            _disks[added] = disk;
            return added;
        }
    }

    public int RemoveNamespace(uint nsid)
    {
        if (IsOnReactor)
            return NotFromReactor();
        IDisk? disk;
        lock (_gate)
        {
            if (!_disks.Remove(nsid, out disk))
                return RemoveLeaving(nsid);
        }

        try
        {
            Function.Controller.RemoveNamespace(nsid);
        }
        catch (TimeoutException e)
        {
            lock (_gate)
                _leaving.Add((nsid, disk));
            return LastError.Set(Status.Busy, e.Message);
        }

        disk.Dispose();
        return Status.Ok;
    }

    protected override int MayFree() => IsOnReactor ? NotFromReactor() : Status.Ok;

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
        foreach (IDisk disk in _disks.Values)
            disk.Dispose();
        foreach ((_, IDisk disk) in _leaving)
            disk.Dispose();
        foreach (ReactorObject reactor in _reactors)
            reactor.DropReference();
        _memory.DropReference();
        return Status.Ok;
    }

    private static int NotFromReactor() =>
        LastError.Set(Status.Thread, "A reactor's own thread would wait for itself.");

    // A disk of the embedder's may keep a request for ever; every other disk ends by itself.
    private int RemoveLeaving(uint nsid)
    {
        int index = _leaving.FindIndex(leaving => leaving.Nsid == nsid);
        if (index < 0)
            return LastError.Set(Status.Range, "There is no namespace of that identifier.");
        IDisk disk = _leaving[index].Disk;
        if (disk is NativeDisk { IsBusy: true })
            return LastError.Set(Status.Busy, "The disk of the namespace has kept a request.");
        _leaving.RemoveAt(index);
        disk.Dispose();
        return Status.Ok;
    }
}
