using NvmeDoorbell.Memory;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>A client with guest RAM, announced to the server, and an NVMe driver that works through messages.</summary>
internal sealed class ClientMachine : IDisposable
{
    public const ulong RamBytes = 16 << 20;

    private readonly MemoryFile _ram = new("test-ram", RamBytes);

    public ClientMachine(string path, bool hasDescriptor = true, string capabilities = "{}")
    {
        Client = VfioClient.Connect(path, capabilities);
        Memory.AddRegion(0, _ram.Address, RamBytes);
        Driver = new ControllerDriver(Client.ReadBar0, Client.WriteBar0, Memory);
        if (hasDescriptor)
            Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, RamBytes), _ram.Number);
    }

    public VfioClient Client { get; }

    public GuestMemory Memory { get; } = new();

    public ControllerDriver Driver { get; }

    /// <summary>The RAM's descriptor.</summary>
    public int RamDescriptor => _ram.Number;

    /// <summary>Assigns an eventfd to interrupts of a type.</summary>
    public void SetEvent(uint index, uint start, params TestEvent[] events) =>
        Client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, index, start, (uint)events.Length),
            [.. events.Select(signal => signal.Number)]);

    public void Dispose()
    {
        Client.Dispose();
        _ram.Dispose();
    }
}
