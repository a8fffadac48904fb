using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>A driver that reaches the device by messages alone, with data, interrupts and doorbells of each kind.</summary>
public sealed class InputOutputTests
{
    private const uint Intx = 0;
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
    public void The_pin_is_signalled_once_and_again_after_an_unmask_only_while_completions_are_unseen()
    {
        using ServerFixture server = new(reactors: 2);
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Driver.Enable();
        DriverQueuePair admin = machine.Driver.Admin;
        for (int round = 0; round < 200; round++)
        {
            ushort command = admin.Submit(Identify(machine.Driver));
            pin.Await("the interrupt");
            Unmask(machine.Client);
            pin.Await("the interrupt again: the completion is still unseen");
            admin.WaitFor(command); // rings the head
            Unmask(machine.Client);
            // A level that were signalled after its end would have masked the line again in the same step.
            Wait.Until(() => !server.Server.Device!.Interrupts.Intx.IsMasked, "the line to be unmasked and quiet");
            Assert.That(pin.Take(), Is.Zero);
        }
    }

    [Test]
    public void A_signal_of_the_pin_that_nobody_has_seen_is_withdrawn_when_its_level_ends()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Driver.Enable();
        for (int round = 0; round < 50; round++)
        {
            machine.Driver.Admin.WaitFor(machine.Driver.Admin.Submit(Identify(machine.Driver))); // rings the head
            Wait.Until(() => !server.Server.Device!.Interrupts.Intx.IsMasked, "the line to be as if it had not signalled");
        }
        Assert.That(pin.Take(), Is.Zero);
    }

    [Test]
    public void The_pin_is_unmasked_by_an_eventfd_as_well()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using TestEvent pin = new(), unmask = new(), masked = new();
        machine.SetEvent(Intx, 0, pin);
        machine.Client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x14, Intx, 0, 1), unmask.Number);
        machine.Client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x0C, Intx, 0, 1), masked.Number);
        machine.Driver.Enable();
        machine.Driver.Admin.Submit(Identify(machine.Driver));
        pin.Await("the interrupt");
        masked.Await("the word that it has masked itself");
        unmask.Add(1);
        pin.Await("the interrupt again");
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

    private static void Unmask(VfioClient client) =>
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x11, Intx, 0, 1));

    private static SubmissionEntry Identify(ControllerDriver driver) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Prp1 = driver.AllocatePages(1),
        Cdw10 = (uint)IdentifyCns.Controller,
    };

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
