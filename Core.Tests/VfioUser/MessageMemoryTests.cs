using System.Buffers.Binary;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>Guest memory without a descriptor: queues and data go by messages of the server.</summary>
public sealed class MessageMemoryTests
{
    private const string SmallTransfers = """{"capabilities":{"max_data_xfer_size":4096}}""";

    [TestCase(16, TestName = "Queues_and_data_go_by_messages_laid_out_by_the_specification")]
    [TestCase(12, TestName = "Queues_and_data_go_by_messages_laid_out_by_QEMU")]
    public void Queues_and_data_go_by_messages(int dataOffset)
    {
        int seed = Seed.Next();
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path, hasDescriptor: false, SmallTransfers);
        int largest = 0;
        machine.Client.OnServerCommand = (command, payload) =>
        {
            largest = Math.Max(largest, (int)BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(8)));
            return Serve(machine, command, payload, dataOffset);
        };
        machine.Client.ServeInBackground();
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes));
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        var data = new byte[64 * 1024];
        new Random(seed).NextBytes(data);
        ulong source = driver.AllocatePages(16);
        ulong target = driver.AllocatePages(16);
        Assert.That(driver.Memory.TryWrite(source, data), Is.True);
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Write, 1, 8, 128, source, List(driver, source)),
            Is.EqualTo(StatusCode.Success));
        Assert.That(
            ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 8, 128, target, List(driver, target)),
            Is.EqualTo(StatusCode.Success));
        Assert.That(driver.ReadRam(target, data.Length), Is.EqualTo(data), Seed.Replay(seed));
        Assert.That(driver.Identify(IdentifyCns.Controller).AsSpan(0, 2).ToArray(), Is.EqualTo(new byte[] { 0x36, 0x1B }));
        Assert.That(largest, Is.EqualTo(4096), "the longest access");
    }

    [Test]
    public void A_descriptor_without_the_guest_s_pages_is_found_out_and_messages_are_used()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path, hasDescriptor: false);
        using NvmeDoorbell.VfioUser.Transport.MemoryFile other = new("test-private", ClientMachine.RamBytes);
        // Whether a page exists tells nothing: the kernel makes it in the file too when it makes the guest's copy of it.
        using GuestMemory view = new();
        view.AddRegion(0, other.Address, ClientMachine.RamBytes);
        Assert.That(view.TryRead(0, new byte[ClientMachine.RamBytes]), Is.True);
        machine.Client.OnServerCommand = (command, payload) => Serve(machine, command, payload, 12);
        machine.Client.ServeInBackground();
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes), other.Number);
        machine.Driver.Enable();
        Assert.That(machine.Driver.Identify(IdentifyCns.Controller).AsSpan(0, 2).ToArray(), Is.EqualTo(new byte[] { 0x36, 0x1B }));
        Assert.That(ServerResources.Mappings("test-private"), Is.EqualTo(1), "the client's own");
        // Firmware takes RAM away and gives it back under live queues: what comes with it then is no better.
        machine.Client.Ask(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, ClientMachine.RamBytes));
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes), other.Number);
        Assert.That(machine.Driver.Identify(IdentifyCns.Controller).AsSpan(0, 2).ToArray(), Is.EqualTo(new byte[] { 0x36, 0x1B }));
    }

    [Test]
    public void An_error_of_the_client_is_the_command_s()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path, hasDescriptor: false);
        ulong refused = 0;
        machine.Client.OnServerCommand = (command, payload) =>
            BinaryPrimitives.ReadUInt64LittleEndian(payload) == refused ? null : Serve(machine, command, payload, 16);
        machine.Client.ServeInBackground();
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes));
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        refused = machine.Driver.AllocatePages(1);
        foreach (IoOpcode opcode in (IoOpcode[])[IoOpcode.Write, IoOpcode.Read])
        {
            Assert.That(
                ControllerDriver.Transfer(pair, opcode, 1, 0, 8, refused) & ~StatusCode.DoNotRetry,
                Is.EqualTo(StatusCode.DataTransferError));
        }
        ulong good = machine.Driver.AllocatePages(1);
        Assert.That(ControllerDriver.Transfer(pair, IoOpcode.Read, 1, 0, 8, good), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_reset_and_an_end_do_not_wait_for_a_client_that_does_not_answer()
    {
        using ServerFixture server = new();
        using (ClientMachine machine = new(server.Path, hasDescriptor: false))
        {
            machine.Client.OnServerCommand = (command, payload) => Serve(machine, command, payload, 16);
            machine.Client.ServeInBackground();
            machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes));
            machine.Driver.Enable();
            DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
            bool isAsked = false;
            machine.Client.OnServerCommand = (_, _) =>
            {
                if (!isAsked)
                    machine.Client.Send(VfioClient.Reset, []);
                isAsked = true;
                return null;
            };
            pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, machine.Driver.AllocatePages(1)));
            Assert.That(machine.Client.Receive()!.Command, Is.EqualTo(VfioClient.Reset));
            Assert.That(isAsked, Is.True);
            Assert.That(machine.Driver.Status.Value, Is.Zero);
        }
        using VfioClient next = VfioClient.Connect(server.Path);
    }

    [Test]
    public void A_client_that_never_answers_is_served_and_can_take_its_memory_back()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path, hasDescriptor: false);
        machine.Client.OnServerCommand = (command, payload) => Serve(machine, command, payload, 16);
        machine.Client.ServeInBackground();
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes));
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        machine.Client.IsSilent = true;
        pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 8, machine.Driver.AllocatePages(1)));

        Assert.That(machine.Driver.Status.Ready, Is.True, "registers are read");
        machine.Client.Ask(VfioClient.DmaUnmap, VfioClient.UnmapPayload(0, ClientMachine.RamBytes));
        Assert.That(machine.Client.Ask(VfioClient.Reset, []), Is.Empty);
        Assert.That(machine.Driver.Status.Value, Is.Zero);
    }

    private static ulong List(ControllerDriver driver, ulong data)
    {
        ulong list = driver.AllocatePages(1);
        Assert.That(driver.Memory.TryWrite(list, VfioClient.U64([.. Enumerable.Range(1, 15).Select(page => data + (ulong)page * 4096)])), Is.True);
        return list;
    }

    private static byte[]? Serve(ClientMachine machine, ushort command, byte[] payload, int dataOffset)
    {
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        int count = (int)BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(8));
        if (command == VfioClient.DmaWrite)
            return machine.Memory.TryWrite(address, payload.AsSpan(dataOffset, count)) ? payload[..12] : null;
        var reply = new byte[16 + count];
        payload.AsSpan(0, 12).CopyTo(reply);
        return machine.Memory.TryRead(address, reply.AsSpan(dataOffset, count)) ? reply : null;
    }
}
