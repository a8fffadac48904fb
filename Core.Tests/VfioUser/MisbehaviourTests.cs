using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>
/// What a client does wrong costs it a reply or its connection, never the server, and the next one finds a clean device.
/// </summary>
public sealed class MisbehaviourTests
{
    private const string Memory = "nvmedb-test-guest";

    [TestCase(0u)]
    [TestCase(15u)]
    [TestCase(16u + 16 + (1 << 20) + 1)]
    [TestCase(uint.MaxValue)]
    public void A_message_of_an_impossible_size_costs_the_connection(uint sizeBytes)
    {
        using ServerFixture server = new();
        using (VfioClient client = VfioClient.Connect(server.Path))
        {
            client.Stream.Send(VfioClient.Message(7, VfioClient.SetIrqs, [], sizeBytes: sizeBytes));
            VfioReply reply = client.Receive()!;
            Assert.That((reply.Id, reply.Command, reply.Error), Is.EqualTo(((ushort)7, VfioClient.SetIrqs, VfioClient.Invalid)));
            Assert.That(client.IsClosedByServer(), Is.True);
        }
        AssertServes(server);
    }

    [TestCase(1u, TestName = "A_reply_to_nothing_costs_the_connection")]
    [TestCase(2u, TestName = "A_message_that_is_neither_command_nor_reply_costs_the_connection")]
    public void A_message_of_a_wrong_type_costs_the_connection(uint flags)
    {
        using ServerFixture server = new();
        using (VfioClient client = VfioClient.Connect(server.Path))
        {
            client.Stream.Send(VfioClient.Message(7, VfioClient.GetInfo, VfioClient.U32(16, 0, 0, 0), flags));
            Assert.That(client.IsClosedByServer(), Is.True);
        }
        AssertServes(server);
    }

    [Test]
    public void A_client_may_go_at_any_byte()
    {
        using ServerFixture server = new();
        using MemoryFile ram = new(Memory, 1 << 20);
        byte[] stream = [.. Conversation().SelectMany(message => message)];
        for (int length = 0; length <= stream.Length; length++)
        {
            using VfioClient client = new(server.Path);
            client.Stream.Send(stream.AsSpan(0, length), length > 0 ? [ram.Number] : []);
        }
        AssertServes(server);
        AssertHoldsNothing(own: 1);
    }

    [Test]
    public void Messages_with_random_bytes_in_them_harm_nobody()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        using ServerFixture server = new(model => model with { MapsDoorbells = true });
        using MemoryFile ram = new(Memory, 1 << 20);
        byte[][] messages = [.. Conversation()];
        for (int round = 0; round < 300; round++)
        {
            using VfioClient client = new(server.Path);
            client.Stream.Send(messages[0]);
            for (int sent = 0; sent < 10; sent++)
            {
                byte[] message = [.. messages[random.Next(messages.Length)]];
                for (int changes = random.Next(4); changes > 0; changes--)
                    message[random.Next(message.Length)] = (byte)random.Next(256);
                // Mostly of the right length, so that the stream can be followed and the bytes behind it are looked at.
                if (random.Next(8) != 0)
                    BitConverter.TryWriteBytes(message.AsSpan(4), message.Length);
                if (!client.Stream.Send(message, random.Next(3) == 0 ? [ram.Number] : []))
                    break;
            }
        }
        TestContext.Out.WriteLine(Seed.Replay(seed));
        AssertServes(server);
        AssertHoldsNothing(own: 1);
    }

    [Test]
    public void Hundreds_of_descriptors_are_closed_again()
    {
        using ServerFixture server = new();
        using MemoryFile ram = new(Memory, 1 << 20);
        int[] many = [.. Enumerable.Repeat(ram.Number, DescriptorList.MaxCount)];
        using (VfioClient client = VfioClient.Connect(server.Path))
        {
            Assert.That(client.Request(VfioClient.DmaMap, VfioClient.MapPayload(0, 4096), many).Error, Is.EqualTo(VfioClient.Invalid));
            Assert.That(client.Request(VfioClient.GetInfo, VfioClient.U32(16, 0, 0, 0), many).Error, Is.Zero);
            Assert.That(ServerResources.Descriptors(Memory), Is.EqualTo(1), "the client's own");
            // As many again with the second half of one message.
            byte[] message = VfioClient.Message(9, VfioClient.DmaMap, VfioClient.MapPayload(0, 4096));
            client.Stream.Send(message.AsSpan(0, 20), many);
            client.Stream.Send(message.AsSpan(20), many);
            Assert.That(client.Receive()!.Error, Is.EqualTo(VfioClient.Invalid));
            Assert.That(client.IsClosedByServer(), Is.True);
        }
        AssertServes(server);
        AssertHoldsNothing(own: 1);
    }

    [Test]
    public void A_thousand_clients_leave_nothing_behind()
    {
        using ServerFixture server = new(model => model with { MapsDoorbells = true });
        AssertServes(server);
        int before = ServerResources.Descriptors("");
        for (int count = 0; count < 1000; count++)
        {
            if (count % 10 != 0)
                new VfioClient(server.Path).Dispose();
            else
                VfioClient.Connect(server.Path).Dispose();
        }
        AssertServes(server);
        Wait.Until(() => server.Server.Look(static device => device is null), "the last client's end");
        // The device goes first, then what it was made of.
        Wait.Until(() => ServerResources.Mappings("nvmedb-doorbells") == 0, "the last client's page to be unmapped");
        Wait.Until(() => ServerResources.Descriptors("") <= before, "the last client's descriptors to be closed");
    }

    [Test]
    public void A_client_that_does_not_read_does_not_keep_the_server_from_ending()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        byte[] access = [.. VfioClient.U64(0), .. VfioClient.U32(7, 4096)];
        for (int count = 0; count < 500; count++)
            client.Send(VfioClient.RegionRead, access);
        server.Server.Stop();
        server.Join();
    }

    [Test]
    public void A_client_that_goes_under_load_leaves_a_clean_device_to_the_next()
    {
        ManualDisk disk = new();
        using ServerFixture server = new(disk: disk);
        ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        for (int command = 0; command < 20; command++)
            pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, page));
        Wait.Until(() => disk.Waiting.Count == 20, "the reads at the disk");
        machine.Dispose();
        using VfioClient next = new(server.Path);
        next.Send(VfioClient.Version, VfioClient.VersionPayload("{}"));
        Assert.That(next.Stream.CanReceive(timeoutMs: 100), Is.False, "served while the disk uses the memory of the first");
        Assert.That(ServerResources.Mappings("test-ram"), Is.EqualTo(1), "the memory that the disk uses");
        disk.CompleteAll();
        Assert.That(next.Receive()!.Error, Is.Zero);
        Assert.That(ServerResources.Mappings("test-ram"), Is.Zero);
        Assert.That(next.ReadBar0(0x14, 4), Is.Zero, "CC");
        Assert.That(next.ReadBar0(0x1C, 4), Is.Zero, "CSTS");
        Assert.That(next.ReadBar0(0x28, 8), Is.Zero, "ASQ");
    }

    [Test]
    public void A_descriptor_that_is_no_eventfd_and_one_that_is_full_hold_nobody_up()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        using MemoryFile file = new(Memory, 4096);
        Assert.That(
            machine.Client.Request(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, 2, 0, 1), file.Number).Error,
            Is.EqualTo(VfioClient.Invalid));
        using TestEvent full = new(isBlocking: true);
        full.Add(ulong.MaxValue - 1);
        machine.SetEvent(2, 0, full);
        machine.Driver.Enable();
        for (int command = 0; command < 100; command++)
            machine.Driver.Identify(IdentifyCns.Controller);
        Assert.That(full.Take(), Is.EqualTo(ulong.MaxValue - 1));
    }

    [Test]
    public void Interrupts_are_set_up_in_every_shape_that_makes_sense_and_in_no_other()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        using TestEvent first = new(4), second = new(8);
        byte[][] wrong =
        [
            VfioClient.IrqPayload(0x21, 5, 0, 0), // no such type
            VfioClient.IrqPayload(0x19, 2, 0, 0), // two actions
            VfioClient.IrqPayload(0x0B, 2, 0, 0), // two kinds of data
            VfioClient.IrqPayload(0x20, 2, 0, 1), // no kind of data
            VfioClient.IrqPayload(0x01, 2, 0, 1), // no action
            VfioClient.IrqPayload(0x61, 2, 0, 1), // an unknown flag
            VfioClient.IrqPayload(0x09, 2, 8, 2), // beyond the last vector
            VfioClient.IrqPayload(0x09, 2, 9, 1),
            VfioClient.IrqPayload(0x21, 2, uint.MaxValue, 2),
            VfioClient.IrqPayload(0x21, 1, 0, 1), // there is no MSI
            VfioClient.IrqPayload(0x09, 3, 0, 1), // errors are not masked
            VfioClient.IrqPayload(0x21, 2, 1, 0), // all of them, from the second
            VfioClient.IrqPayload(0x09, 2, 0, 0), // mask none
            VfioClient.IrqPayload(0x22, 2, 0, 0),
            VfioClient.IrqPayload(0x22, 2, 0, 2, 1), // a boolean too few
            VfioClient.IrqPayload(0x22, 2, 0, 2, 1, 1, 1), // and one too many
            [.. VfioClient.U32(3, 0x21, 2, 0, 1)], // argsz
            [.. VfioClient.U32(20, 0x21, 2, 0)],
        ];
        foreach (byte[] payload in wrong)
            Assert.That(client.Request(VfioClient.SetIrqs, payload).Error, Is.EqualTo(VfioClient.Invalid), Convert.ToHexString(payload));
        Assert.That(client.Request(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, 2, 0, 2), first.Number).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, 2, 0, 1), first.Number).Error, Is.EqualTo(VfioClient.Invalid));

        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, 2, 0, 2), first.Number, second.Number);
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, 2, 1, 1)); // trigger the second
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x22, 2, 0, 2, 0, 1)); // and once more
        Assert.That((first.Take(), second.Take()), Is.EqualTo((4ul, 10ul)));
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, 2, 1, 1)); // takes it away
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, 2, 0, 2));
        Assert.That((first.Take(), second.Take()), Is.EqualTo((1ul, 0ul)));
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, 2, 0, 0)); // and all
        client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, 2, 0, 2));
        Assert.That(first.Take(), Is.Zero);
        foreach (uint index in (uint[])[0, 3, 4])
        {
            client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, index, 0, 1), first.Number);
            client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x21, index, 0, 1));
            Assert.That(first.Take(), Is.EqualTo(1), $"type {index}");
            client.Ask(VfioClient.SetIrqs, VfioClient.IrqPayload(0x24, index, 0, 1));
        }
    }

    private static IEnumerable<byte[]> Conversation()
    {
        ushort id = 1;
        byte[] Next(ushort command, byte[] payload, uint flags = 0) => VfioClient.Message(id++, command, payload, flags);
        yield return Next(VfioClient.Version, VfioClient.VersionPayload("""{"capabilities":{"max_msg_fds":8}}"""));
        yield return Next(VfioClient.DmaMap, VfioClient.MapPayload(0, 1 << 20));
        yield return Next(VfioClient.GetRegionInfo, [.. VfioClient.U32(64, 0, 0, 0), .. VfioClient.U64(0, 0)]);
        yield return Next(VfioClient.SetIrqs, VfioClient.IrqPayload(0x22, 2, 0, 2, 1, 1));
        yield return Next(VfioClient.RegionRead, [.. VfioClient.U64(0), .. VfioClient.U32(7, 256)]);
        yield return Next(VfioClient.RegionWrite, VfioClient.WritePayload(0, 0x24, VfioClient.U32(0x001F_001F)), VfioClient.NoReply);
        yield return Next(VfioClient.RegionWrite, VfioClient.WritePayload(0, 0x28, VfioClient.U64(0x1000, 0x2000)));
        yield return Next(VfioClient.RegionWrite, VfioClient.WritePayload(0, 0x14, VfioClient.U32(0x0046_0001)));
        yield return Next(VfioClient.RegionWrite, VfioClient.WritePayload(0, 0x1000, VfioClient.U32(1)), VfioClient.NoReply);
        yield return Next(VfioClient.RegionWriteMulti, [.. VfioClient.U64(1), .. VfioClient.U64(0x1004), .. VfioClient.U32(0, 4), .. VfioClient.U64(1)]);
        yield return Next(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, 1 << 20));
        yield return Next(VfioClient.Reset, []);
    }

    private static void AssertServes(ServerFixture server)
    {
        using ClientMachine machine = new(server.Path);
        Assert.That(machine.Driver.Status.Value, Is.Zero, "CSTS of the next client's device");
        machine.Driver.Enable();
        machine.Driver.Identify(IdentifyCns.Controller);
    }

    private static void AssertHoldsNothing(int own)
    {
        Wait.Until(() => ServerResources.Descriptors(Memory) == own, "the descriptors to be closed");
        Wait.Until(() => ServerResources.Mappings(Memory) == own, "the memory to be unmapped");
    }
}
