using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Guest RAM, reactors and a function, with a driver that has not done anything yet.</summary>
internal sealed class TestMachine : IDisposable
{
    public const ulong RamBytes = 16 << 20;

    private readonly List<IDisk> _disks = [];
    private readonly Reactor[] _reactors;

    public TestMachine(Func<NvmeControllerOptions, NvmeControllerOptions>? change = null, int reactors = 1)
    {
        Memory = new GuestMemory();
        RamAddress = Memory.AllocateRegion(0, RamBytes);
        _reactors = [.. Enumerable.Range(0, reactors).Select(_ => new Reactor(new ReactorOptions()))];
        var options = new NvmeControllerOptions { Memory = Memory, Reactors = _reactors, MaxQueuePairs = 8 };
        Function = new PciFunction(change?.Invoke(options) ?? options, Interrupts);
        Driver = new ControllerDriver(Function, Memory);
    }

    public GuestMemory Memory { get; }

    public nint RamAddress { get; }

    public IReadOnlyList<Reactor> Reactors => _reactors;

    public RecordedInterrupts Interrupts { get; } = new();

    public PciFunction Function { get; }

    public NvmeController Controller => Function.Controller;

    public ControllerDriver Driver { get; }

    /// <summary>A RAM disk of 4 MiB as a namespace.</summary>
    public uint AddRamDisk(uint nsid = 0, int blockBytes = 512) => AddDisk(new RamDisk(4 << 20, blockBytes), nsid);

    public uint AddDisk(IDisk disk, uint nsid = 0)
    {
        _disks.Add(disk);
        return Controller.AddNamespace(nsid, disk);
    }

    public void Dispose()
    {
        Function.Dispose();
        _disks.ForEach(disk => disk.Dispose());
        Array.ForEach(_reactors, reactor => reactor.Dispose());
        Memory.Dispose();
    }
}
