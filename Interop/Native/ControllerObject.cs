using System.Buffers;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Interop.Native;

/// <summary>
/// A controller behind a handle. It holds its memory, its reactors and its subsystem; where that is one of its own, the
/// disks of its namespaces too.
/// </summary>
internal sealed class ControllerObject : NamespaceOwner
{
    private readonly MemoryObject _memory;
    private readonly ReactorObject[] _reactors;
    private readonly SubsystemObject? _subsystem;
    private readonly OwnedDisks _disks = new();

    /// <summary>From inside calls of the memory, of every reactor, and of the subsystem, if there is one.</summary>
    public ControllerObject(
        PciFunction function,
        InterruptOutputs interrupts,
        MemoryObject memory,
        ReactorObject[] reactors,
        SubsystemObject? subsystem)
    {
        Function = function;
        Interrupts = interrupts;
        _memory = memory;
        _reactors = reactors;
        _subsystem = subsystem;
        memory.AddReference();
        subsystem?.AddReference();
        foreach (ReactorObject reactor in reactors)
            reactor.AddReference();
    }

    public PciFunction Function { get; }

    public InterruptOutputs Interrupts { get; }

    /// <summary>
    /// Whether the caller is a thread that one of the reactors runs on now, or one of the faults: in a callback, then.
    /// </summary>
    private bool IsOnOwnThread =>
        Array.Exists(_reactors, static reactor => reactor.Reactor.IsOwnThread)
        || Interrupts.Faults is { IsOwnThread: true }
        || _disks.IsOnFaultThread
        || _subsystem is { IsOnFaultThread: true };

    public int Reset()
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        Function.Reset();
        return Status.Ok;
    }

    public int Pause(TimeSpan? timeout)
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        Function.Controller.Pause(timeout);
        return Status.Ok;
    }

    public int Save(IBufferWriter<byte> state)
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        Function.Save(state);
        return Status.Ok;
    }

    public int Restore(ReadOnlySpan<byte> state)
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        Function.Restore(state);
        return Status.Ok;
    }

    public override NvmeSubsystem Subsystem => Function.Controller.Subsystem;

    /// <summary>Adds a namespace; in a subsystem of the embedder's it stays when this controller goes.</summary>
    public override uint AddNamespace(uint nsid, NamespaceDisk disk) => _subsystem is null
        ? _disks.Add(nsid, disk, Function.Controller.AddNamespace)
        : _subsystem.AddNamespace(nsid, disk, Function.Controller);

    public override NamespaceDisk? FindDisk(uint nsid) =>
        _subsystem is null ? _disks.Find(nsid) : _subsystem.FindDisk(nsid);

    public override int RemoveNamespace(uint nsid)
    {
        if (IsOnOwnThread)
            return NotFromOwnThread();
        return _subsystem is null ? _disks.Remove(nsid, Function.Controller.RemoveNamespace) : _subsystem.RemoveNamespace(nsid);
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

        _disks.DisposeAll();
        Interrupts.Faults?.Dispose();
        foreach (ReactorObject reactor in _reactors)
            reactor.DropReference();
        _memory.DropReference();
        _subsystem?.DropReference();
        return Status.Ok;
    }

    private static int NotFromOwnThread() =>
        LastError.Set(Status.Thread, "A reactor's own thread, or one of the faults, would wait for itself.");
}
