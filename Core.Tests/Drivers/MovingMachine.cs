using System.Buffers;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>
/// Guest RAM and disks that stay, and a function that is saved and goes on as another one. The guest's driver knows nothing
/// of that.
/// </summary>
internal sealed class MovingMachine : IDisposable
{
    private readonly List<(uint Nsid, IDisk Disk)> _disks = [];
    private readonly Reactor[] _reactors;
    private readonly NvmeControllerOptions _options;
    private readonly IDiskPool? _pool;

    /// <param name="change">Changes the options of all functions.</param>
    /// <param name="reactors">How many threads serve them.</param>
    /// <param name="pool">What guests make namespaces of; each function has a subsystem of its own over it.</param>
    public MovingMachine(
        Func<NvmeControllerOptions, NvmeControllerOptions>? change = null, int reactors = 1, IDiskPool? pool = null)
    {
        _pool = pool;
        Memory.AllocateRegion(0, TestMachine.RamBytes);
        _reactors = [.. Enumerable.Range(0, reactors).Select(_ => new Reactor(new ReactorOptions()))];
        var options = new NvmeControllerOptions { Memory = Memory, Reactors = _reactors, MaxQueuePairs = 8 };
        _options = change?.Invoke(options) ?? options;
        (Function, Interrupts) = Make();
        Driver = new ControllerDriver(
            (offset, width) => Function.ReadBar0(offset, width),
            (offset, width, value) => Function.WriteBar0(offset, width, value),
            Memory);
    }

    public GuestMemory Memory { get; } = new();

    public IReadOnlyList<Reactor> Reactors => _reactors;

    /// <summary>The function that the guest has now.</summary>
    public PciFunction Function { get; private set; }

    public RecordedInterrupts Interrupts { get; private set; }

    public NvmeController Controller => Function.Controller;

    public ControllerDriver Driver { get; }

    public PciDriver Pci => new(Function);

    public void AddDisk(uint nsid, IDisk disk)
    {
        _disks.Add((nsid, disk));
        Controller.AddNamespace(nsid, disk);
    }

    public void AddRamDisk(uint nsid) => AddDisk(nsid, new RamDisk(4 << 20));

    /// <summary>Pauses the function and saves it.</summary>
    public byte[] Save()
    {
        Controller.Pause();
        var bytes = new ArrayBufferWriter<byte>();
        Function.Save(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Restores the state to a function made like the first, which takes its place and is paused.</summary>
    public void Restore(byte[] state)
    {
        (PciFunction made, RecordedInterrupts interrupts) = Make();
        foreach ((uint nsid, IDisk disk) in _disks)
            made.Controller.AddNamespace(nsid, disk);
        try
        {
            made.Restore(state);
        }
        catch
        {
            made.Dispose();
            throw;
        }
        Function.Dispose();
        (Function, Interrupts) = (made, interrupts);
    }

    /// <summary>Saves, restores, and lets the new function go on.</summary>
    public void Move()
    {
        Restore(Save());
        Controller.Resume();
    }

    /// <summary>Another function that could be restored to; the caller's.</summary>
    public PciFunction MakeEmpty(Func<NvmeControllerOptions, NvmeControllerOptions>? change = null) =>
        new(change?.Invoke(_options) ?? _options);

    public void Dispose()
    {
        Function.Dispose();
        _disks.ForEach(each => each.Disk.Dispose());
        Array.ForEach(_reactors, reactor => reactor.Dispose());
        Memory.Dispose();
    }

    private (PciFunction Function, RecordedInterrupts Interrupts) Make()
    {
        var interrupts = new RecordedInterrupts();
        NvmeSubsystem? subsystem = _pool is null ? null : new NvmeSubsystem(new NvmeSubsystemOptions { Pool = _pool });
        return (new PciFunction(_options with { Subsystem = subsystem }, interrupts), interrupts);
    }
}
