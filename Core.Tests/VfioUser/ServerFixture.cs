using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;
using NvmeDoorbell.VfioUser.Session;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>A server in this process, with a RAM disk of 4 MiB as its first namespace.</summary>
internal sealed class ServerFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Reactor[] _reactors;
    private readonly List<IDisk> _disks;
    private readonly Thread _thread;

    public ServerFixture(
        Func<DeviceModel, DeviceModel>? change = null, IDisk? disk = null, int reactors = 1, bool once = false)
    {
        _reactors = [.. Enumerable.Range(0, reactors).Select(_ => new Reactor(new ReactorOptions()))];
        _disks = [disk ?? new RamDisk(4 << 20)];
        Model = new DeviceModel { Disks = _disks, Reactors = _reactors, QueuePairs = 8 };
        Model = change?.Invoke(Model) ?? Model;
        Path = _folder.PathOf("nvme.sock");
        Server = new VfioUserServer(Path, Model);
        _thread = new Thread(() => Server.Run(once)) { IsBackground = true, Name = "server" };
        _thread.Start();
    }

    public string Path { get; }

    public DeviceModel Model { get; }

    public VfioUserServer Server { get; }

    public IDisk Disk => _disks[0];

    /// <summary>Waits until <see cref="VfioUserServer.Run"/> has returned.</summary>
    public void Join() => Assert.That(_thread.Join(TimeSpan.FromSeconds(30)), Is.True, "the server does not end");

    public void Dispose()
    {
        Server.Stop();
        Join();
        Array.ForEach(_reactors, reactor => reactor.Dispose());
        _disks.ForEach(disk => disk.Dispose());
        _folder.Dispose();
    }
}
