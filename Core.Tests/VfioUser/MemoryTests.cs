using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>Guest memory given to the server and taken back, while queues live and commands are under way.</summary>
public sealed class MemoryTests
{
    private const uint All = 2;

    [Test]
    public void Wrong_regions_are_refused_and_leave_nothing_mapped()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        using MemoryFile ram = new("nvmedb-test-refused", 1 << 20);
        byte[][] wrong =
        [
            VfioClient.MapPayload(0x800, 4096),
            VfioClient.MapPayload(0, 4095),
            VfioClient.MapPayload(0, 0),
            VfioClient.MapPayload(0, 4096, offset: 1),
            VfioClient.MapPayload(0, 2 << 20), // longer than the descriptor
            VfioClient.MapPayload(0, 4096, offset: 1 << 20),
            VfioClient.MapPayload(0, 4096, offset: ulong.MaxValue - 4095),
            VfioClient.MapPayload(ulong.MaxValue - 4095, 8192),
            VfioClient.MapPayload(0, 4096, flags: 4),
            VfioClient.MapPayload(0, 4096, argsz: 31),
            VfioClient.MapPayload(0, 4096)[..31],
        ];
        foreach (byte[] payload in wrong)
            Assert.That(client.Request(VfioClient.DmaMap, payload, ram.Number).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.DmaMap, VfioClient.MapPayload(0, 4096), ram.Number, ram.Number).Error, Is.EqualTo(VfioClient.Invalid));
        using TestEvent noMemory = new();
        Assert.That(client.Request(VfioClient.DmaMap, VfioClient.MapPayload(0, 4096), noMemory.Number).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(ServerResources.Mappings("nvmedb-test-refused"), Is.EqualTo(1), "the client's own");
    }

    [Test]
    public void A_region_over_another_is_refused_and_the_first_stays()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        foreach ((ulong address, ulong length) in ((ulong, ulong)[])[(0, 4096), (ClientMachine.RamBytes - 4096, 8192), (4096, 4096)])
        {
            Assert.That(
                machine.Client.Request(VfioClient.DmaMap, VfioClient.MapPayload(address, length), machine.RamDescriptor).Error,
                Is.EqualTo(VfioClient.Exists));
        }
        machine.Driver.Enable();
    }

    [Test]
    public void What_is_taken_back_must_be_there()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        (byte[] Payload, int Error)[] wrong =
        [
            (VfioClient.UnmapPayload(4096, ClientMachine.RamBytes), VfioClient.NoEntry),
            (VfioClient.UnmapPayload(0, 4096), VfioClient.NoEntry),
            (VfioClient.UnmapPayload(0, ClientMachine.RamBytes, flags: 1), VfioClient.NotSupported),
            (VfioClient.UnmapPayload(0, ClientMachine.RamBytes, flags: 4), VfioClient.NotSupported),
            (VfioClient.UnmapPayload(0, 0, flags: All | 1), VfioClient.Invalid),
            (VfioClient.UnmapPayload(0, 4096, flags: All), VfioClient.Invalid),
            (VfioClient.UnmapPayload(0, ClientMachine.RamBytes, argsz: 23), VfioClient.Invalid),
            (VfioClient.UnmapPayload(0, ClientMachine.RamBytes)[..23], VfioClient.Invalid),
        ];
        foreach ((byte[] payload, int error) in wrong)
            Assert.That(machine.Client.Request(VfioClient.DmaUnmap, payload).Error, Is.EqualTo(error));
        byte[] right = VfioClient.UnmapPayload(0, ClientMachine.RamBytes);
        Assert.That(machine.Client.Ask(VfioClient.DmaUnmap, right), Is.EqualTo(right), "the entry comes back");
        Assert.That(machine.Client.Request(VfioClient.DmaUnmap, right).Error, Is.EqualTo(VfioClient.NoEntry));
    }

    [Test]
    public void Everything_is_taken_back_at_once()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        using MemoryFile ram = new("nvmedb-test-all", 1 << 20);
        for (ulong page = 0; page < 16; page++)
            client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(page << 20, 65536, page << 16), ram.Number);
        Assert.That(ServerResources.Mappings("nvmedb-test-all"), Is.EqualTo(17));
        client.Ask(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, 0, All));
        Assert.That(ServerResources.Mappings("nvmedb-test-all"), Is.EqualTo(1));
    }

    [Test]
    public void Read_only_memory_is_not_written()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using MemoryFile rom = new("test-rom", 4096);
        const ulong RomAddress = 1ul << 32;
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(RomAddress, 4096, flags: 1), rom.Number);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, 1, 0, 8, RomAddress), Is.EqualTo(StatusCode.Success));
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 0, 8, RomAddress) & ~StatusCode.DoNotRetry,
            Is.EqualTo(StatusCode.DataTransferError));
    }

    [Test]
    public void Memory_taken_back_and_given_again_under_live_queues_loses_nothing()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        for (int round = 0; round < 50; round++)
        {
            ushort before = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, page));
            machine.Client.Ask(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, ClientMachine.RamBytes));
            ushort during = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, page));
            machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes), machine.RamDescriptor);
            Assert.That(pair.WaitFor(during).Status, Is.EqualTo(StatusCode.Success));
            // One that was fetched in time may have found its data gone.
            Assert.That(
                pair.WaitFor(before).Status & ~StatusCode.DoNotRetry,
                Is.EqualTo(StatusCode.Success).Or.EqualTo(StatusCode.DataTransferError));
        }
    }

    [Test]
    public void Memory_is_given_back_only_when_the_disk_has_let_it_go()
    {
        ManualDisk disk = new();
        using ServerFixture server = new(disk: disk);
        using ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, machine.Driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");
        machine.Client.Send(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, ClientMachine.RamBytes));
        Assert.That(machine.Client.Stream.CanReceive(timeoutMs: 100), Is.False, "a reply while the disk uses the memory");
        disk.CompleteAll();
        Assert.That(machine.Client.Receive()!.Error, Is.Zero);
    }
}
