using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>A driver that reaches the device by messages alone, with data, interrupts and doorbells of each kind.</summary>
public sealed class InputOutputTests
{
    private const uint Msix = 2;

    [Test]
    public void Data_written_is_read_back()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        WriteAndReadBack(machine.Driver, machine.Driver.CreateQueuePair(1));
    }

    [Test]
    public void Posted_doorbells_get_no_reply_and_ring()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        VfioClient client = machine.Client;
        ControllerDriver driver = new(client.ReadBar0, client.PostBar0, machine.Memory);
        driver.Enable();
        WriteAndReadBack(driver, driver.CreateQueuePair(1));
    }

    [Test]
    public void Msix_signals_the_vector_of_the_queue()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent admin = new(), first = new(), second = new();
        machine.SetEvent(Msix, 0, admin, first, second);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, vector: 2);
        admin.Await("the interrupt of the admin queue");
        ReadFirstBlock(machine.Driver, pair);
        second.Await("the interrupt of the queue");
        Assert.That(first.Take(), Is.Zero);
    }

    [Test]
    public void A_vector_without_an_eventfd_is_pending_and_comes_when_it_gets_one()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent admin = new(), later = new();
        machine.SetEvent(Msix, 0, admin);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, vector: 1);
        ReadFirstBlock(machine.Driver, pair);
        Wait.Until(() => (ReadPending(machine.Client) & 2) != 0, "the pending bit");
        machine.SetEvent(Msix, 1, later);
        later.Await("the interrupt that was pending");
        Assert.That(ReadPending(machine.Client), Is.Zero);
    }

    [Test]
    public void Mapped_doorbells_are_seen_without_a_message()
    {
        using ServerFixture server = new(model => model with { MapsDoorbells = true });
        using ClientMachine machine = new(server.Path);
        VfioClient client = machine.Client;
        VfioReply info = client.Request(VfioClient.GetRegionInfo, [.. VfioClient.U32(64, 0, 0, 0), .. VfioClient.U64(0, 0)]);
        ulong offset = info.U64At(48);
        ulong length = info.U64At(56);
        using Mapping page = Mapping.TryCreate(info.Descriptors[0], info.U64At(24) + offset, length, canWrite: true)!;
        GuestMemory registers = new();
        registers.AddRegion(offset, page.Address, length);
        int messages = 0;
        ControllerDriver driver = new(
            client.ReadBar0,
            (at, width, value) =>
            {
                if (at >= offset && at < offset + length)
                {
                    Assert.That(registers.TryWrite(at, VfioClient.U32((uint)value)), Is.True);
                    return;
                }
                messages++;
                client.WriteBar0(at, width, value);
            },
            machine.Memory);
        driver.Enable();
        int before = messages;
        WriteAndReadBack(driver, driver.CreateQueuePair(1));
        Assert.That(messages, Is.EqualTo(before), "doorbells went by message");
        // A client that maps the page may send a doorbell as a message all the same.
        machine.Driver.Write32(driver.Admin.TailDoorbell, (uint)driver.Admin.Tail);
    }

    private static ulong ReadPending(VfioClient client)
    {
        byte[] configuration = client.ReadRegion(7, 0, 256);
        int capability = configuration[0x34];
        while (configuration[capability] != 0x11)
            capability = configuration[capability + 1];
        return client.ReadBar0(BitConverter.ToUInt32(configuration, capability + 8) & ~7u, 8);
    }

    private static void ReadFirstBlock(ControllerDriver driver, DriverQueuePair pair) => Assert.That(
        ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 0, 1, driver.AllocatePages(1)), Is.EqualTo(StatusCode.Success));

    private static void WriteAndReadBack(ControllerDriver driver, DriverQueuePair pair)
    {
        int seed = Seed.Next();
        var data = new byte[8192];
        new Random(seed).NextBytes(data);
        ulong source = driver.AllocatePages(2);
        ulong target = driver.AllocatePages(2);
        Assert.That(driver.Memory.TryWrite(source, data), Is.True);
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Write, 1, 40, 16, source, source + 4096), Is.EqualTo(StatusCode.Success));
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 40, 16, target, target + 4096), Is.EqualTo(StatusCode.Success));
        Assert.That(driver.ReadRam(target, data.Length), Is.EqualTo(data), Seed.Replay(seed));
    }
}
