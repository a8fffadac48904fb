using NvmeDoorbell.Controller;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Drivers;

/// <summary>Several guests, each with RAM, a reactor and a controller of its own, of one subsystem.</summary>
internal sealed class SharedMachine : IDisposable
{
    private readonly List<IDisk> _disks = [];

    /// <param name="guests">How many; their drivers are enabled.</param>
    /// <param name="options">The subsystem's.</param>
    public SharedMachine(int guests = 2, NvmeSubsystemOptions? options = null)
    {
        Subsystem = new NvmeSubsystem(options);
        Guests = [.. Enumerable.Range(0, guests).Select(_ =>
            new TestMachine(options => options with { Subsystem = Subsystem }))];
        foreach (TestMachine guest in Guests)
            guest.Driver.Enable();
    }

    public NvmeSubsystem Subsystem { get; }

    public TestMachine[] Guests { get; }

    public ControllerDriver Driver(int guest) => Guests[guest].Driver;

    public NvmeController Controller(int guest) => Guests[guest].Controller;

    /// <summary>A namespace attached to all guests; its disk goes with the machine.</summary>
    public uint Share(IDisk disk, uint nsid = 0)
    {
        _disks.Add(disk);
        uint added = Subsystem.AddNamespace(nsid, disk);
        foreach (TestMachine guest in Guests)
            Subsystem.AttachNamespace(added, guest.Controller);
        return added;
    }

    /// <summary>The namespace of a RAM disk of 4 MiB.</summary>
    public uint ShareRamDisk() => Share(new RamDisk(4 << 20));

    public void Dispose()
    {
        Array.ForEach(Guests, guest => guest.Dispose());
        Subsystem.Dispose();
        _disks.ForEach(disk => disk.Dispose());
    }
}
