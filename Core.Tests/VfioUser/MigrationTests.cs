using System.Buffers.Binary;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>Migration from one server to another, by a client that knows the protocol's specification.</summary>
public sealed class MigrationTests
{
    private const ushort DataRead = 17;
    private const ushort DataWrite = 18;
    private const uint Get = 1 << 16;
    private const uint Set = 1 << 17;
    private const uint Probe = 1 << 18;
    private const uint Migration = 1;
    private const uint DeviceState = 2;
    private const int Busy = 16;
    private const ulong RamBytes = 16 << 20;

    private enum State : uint
    {
        Error,
        Stop,
        Running,
        StopCopy,
        Resuming,
    }

    [Test]
    public void The_features_of_migration_are_told_and_probed()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        byte[] migration = Feature(client, Get | Migration, 16);
        Assert.That(migration, Is.EqualTo((byte[])[.. VfioClient.U32(16, Get | Migration), .. VfioClient.U64(1)]));
        Assert.That(StateOf(client), Is.EqualTo(State.Running));
        foreach (uint good in (uint[])[Probe | Get | Migration, Probe | DeviceState, Probe | Get | Set | DeviceState])
            Assert.That(Feature(client, good, 8), Is.EqualTo(VfioClient.U32(8, good)), $"{good:X}");
        foreach (uint absent in (uint[])[Probe | Set | Migration, Probe | Set | 6, Get | 3, Set | 7, 0])
            Assert.That(Error(client, absent, 64), Is.EqualTo(VfioClient.NotSupported), $"{absent:X}");
        foreach (uint wrong in (uint[])[Migration, Get | Set | DeviceState, Get | 1 << 19 | Migration])
            Assert.That(Error(client, wrong, 64), Is.EqualTo(VfioClient.Invalid), $"{wrong:X}");
        Assert.That(Error(client, Get | Migration, 15), Is.EqualTo(VfioClient.Invalid), "no room for the answer");
        Assert.That(Error(client, Get | Migration, 7), Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.DeviceFeature, VfioClient.U32(8)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(
            client.Request(VfioClient.DeviceFeature, VfioClient.U32(16, Set | DeviceState, 1)).Error,
            Is.EqualTo(VfioClient.Invalid), "half a state");
    }

    [Test]
    public void Every_state_is_reached_from_every_other_and_those_that_there_are_not_are_refused()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        State[] states = [State.Stop, State.Running, State.StopCopy];
        foreach (State from in states)
        {
            foreach (State to in states)
            {
                GoTo(client, from);
                GoTo(client, to);
                Assert.That(StateOf(client), Is.EqualTo(to), $"{from} to {to}");
            }
            Assert.That(TryGoTo(client, State.Error), Is.EqualTo(VfioClient.Invalid));
            Assert.That(TryGoTo(client, (State)6), Is.EqualTo(VfioClient.Invalid), "PRE_COPY");
            Assert.That(TryGoTo(client, (State)uint.MaxValue), Is.EqualTo(VfioClient.Invalid));
            GoTo(client, from);
            GoTo(client, State.Resuming);
            Assert.That(TryGoTo(client, State.Running), Is.EqualTo(VfioClient.Invalid), "nothing has been delivered");
            Assert.That(StateOf(client), Is.EqualTo(State.Error));
            Assert.That(TryGoTo(client, State.Running), Is.EqualTo(VfioClient.Invalid));
            client.Ask(VfioClient.Reset, []);
            Assert.That(StateOf(client), Is.EqualTo(State.Running));
        }
    }

    [Test]
    public void Data_is_read_and_written_in_its_state_alone_and_within_bounds()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        foreach (State state in (State[])[State.Running, State.Stop, State.Resuming])
        {
            GoTo(client, state);
            Assert.That(client.Request(DataRead, VfioClient.U32(8, 16)).Error, Is.EqualTo(VfioClient.Invalid), $"{state}");
        }
        client.Ask(DataWrite, [.. VfioClient.U32(12, 4), 1, 2, 3, 4]);
        Assert.That(
            client.Request(DataWrite, [.. VfioClient.U32(12, 5), 1, 2, 3, 4]).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(DataWrite, VfioClient.U32(4)).Error, Is.EqualTo(VfioClient.Invalid));
        client.Ask(VfioClient.Reset, []);
        GoTo(client, State.StopCopy);
        Assert.That(client.Request(DataWrite, VfioClient.U32(8, 0)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(DataRead, VfioClient.U32(8, 2 << 20)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(DataRead, VfioClient.U32(7, 16)).Error, Is.EqualTo(VfioClient.Invalid));
        byte[] whole = ReadAll(client, 1000);
        GoTo(client, State.Stop);
        GoTo(client, State.StopCopy);
        Assert.That(ReadAll(client, 1 << 20), Has.Length.EqualTo(whole.Length), "from the start again");
    }

    [Test]
    public void A_device_moves_to_another_server_under_load_and_back_again()
    {
        int seed = Seed.Next();
        Random random = new(seed);
        using MemoryFile ram = new("test-ram", RamBytes);
        using GuestMemory memory = new();
        memory.AddRegion(0, ram.Address, RamBytes);
        using var disk = new RamDisk(4 << 20);
        using ServerFixture first = new(disk: new Kept(disk)), second = new(disk: new Kept(disk));
        VfioClient client = Connect(first.Path, ram);
        ControllerDriver driver = new(
            (offset, width) => client.ReadBar0(offset, width),
            (offset, width, value) => client.PostBar0(offset, width, value), memory);
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1, entries: 32);
        ulong pages = driver.AllocatePages(32);
        for (int round = 0; round < 12; round++)
        {
            List<ushort> commands = [];
            int count = random.Next(1, 31);
            for (int index = 0; index < count; index++)
            {
                byte[] data = Block(round, index);
                memory.TryWrite(pages + (ulong)index * 4096, data);
                commands.Add(pair.Submit(
                    ControllerDriver.BlockEntry(IoOpcode.Write, 1, (ulong)index * 8, 8, pages + (ulong)index * 4096)));
            }
            client = Move(client, round % 2 == 0 ? second.Path : first.Path, ram, random.Next(1, 4096));
            foreach (ushort command in commands)
                Assert.That(pair.WaitFor(command).Status, Is.EqualTo(StatusCode.Success), Seed.Replay(seed));
            for (int index = 0; index < count; index++)
            {
                ulong page = pages + (ulong)index * 4096;
                memory.TryWrite(page, new byte[4096]);
                ControllerDriver.Transfer(pair, IoOpcode.Read, 1, (ulong)index * 8, 8, page);
                Assert.That(driver.ReadRam(page, 4096), Is.EqualTo(Block(round, index)), Seed.Replay(seed));
            }
            Assert.That(driver.Identify(IdentifyCns.Controller), Is.Not.Empty);
        }
        client.Dispose();
    }

    [Test]
    public void State_that_does_not_fit_leaves_the_device_in_ERROR_until_it_is_reset()
    {
        using ServerFixture server = new();
        using ServerFixture other = new(model => model with { QueuePairs = 4 });
        using VfioClient client = VfioClient.Connect(server.Path), target = VfioClient.Connect(other.Path);
        GoTo(client, State.StopCopy);
        byte[] state = ReadAll(client, 4096);
        GoTo(target, State.Resuming);
        target.Ask(DataWrite, [.. VfioClient.U32((uint)(8 + state.Length), (uint)state.Length), .. state]);
        Assert.That(TryGoTo(target, State.Stop), Is.EqualTo(VfioClient.Invalid));
        Assert.That(StateOf(target), Is.EqualTo(State.Error));
        target.Ask(VfioClient.Reset, []);
        Assert.That(StateOf(target), Is.EqualTo(State.Running));
    }

    [Test]
    public void A_device_whose_disk_keeps_a_request_goes_on_running()
    {
        var disk = new ManualDisk { LengthBytes = 4 << 20 };
        using ServerFixture server = new(disk: disk);
        using ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ushort command = pair.Submit(
            ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 1, machine.Driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");
        Assert.That(TryGoTo(machine.Client, State.Stop), Is.EqualTo(Busy));
        Assert.That(StateOf(machine.Client), Is.EqualTo(State.Running));
        disk.CompleteAll();
        Assert.That(pair.WaitFor(command).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Commands_that_wait_for_the_client_s_memory_end_before_the_stop_and_what_is_sent_meanwhile_is_answered_after_it()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path, hasDescriptor: false);
        using var held = new ManualResetEventSlim();
        using var asked = new ManualResetEventSlim();
        ulong page = ulong.MaxValue;
        machine.Client.OnServerCommand = (command, payload) =>
        {
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(payload);
            if (address == Volatile.Read(ref page))
            {
                asked.Set();
                held.Wait();
            }
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(8));
            if (command == VfioClient.DmaRead)
                return [.. payload[..16], .. machine.Driver.ReadRam(address, length)];
            machine.Memory.TryWrite(address, payload.AsSpan(16));
            return payload[..16];
        };
        machine.Client.ServeInBackground();
        machine.Client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, ClientMachine.RamBytes));
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong data = machine.Driver.AllocatePages(1);
        Volatile.Write(ref page, data);
        ushort write = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, 1, 0, 8, data));
        asked.Wait();

        ushort stop = machine.Client.Send(
            VfioClient.DeviceFeature, VfioClient.U32(16, Set | DeviceState, (uint)State.Stop, 0));
        ushort ask = machine.Client.Send(VfioClient.DeviceFeature, VfioClient.U32(16, Get | DeviceState));
        held.Set();

        VfioReply stopped = machine.Client.Receive()!, told = machine.Client.Receive()!;
        Assert.That((stopped.Id, stopped.Error, told.Id, told.Error), Is.EqualTo((stop, 0, ask, 0)));
        Assert.That(BitConverter.ToUInt32(told.Payload, 8), Is.EqualTo((uint)State.Stop));
        GoTo(machine.Client, State.Running);
        Assert.That(pair.WaitFor(write).Status, Is.EqualTo(StatusCode.Success));
    }

    private static byte[] Block(int round, int index)
    {
        var data = new byte[4096];
        new Random(round * 1000 + index).NextBytes(data);
        return data;
    }

    private static VfioClient Connect(string path, MemoryFile ram)
    {
        VfioClient client = VfioClient.Connect(path);
        client.Ask(VfioClient.DmaMap, VfioClient.MapPayload(0, RamBytes), ram.Number);
        return client;
    }

    /// <summary>As a monitor does it: stop, read here, write there, run.</summary>
    private static VfioClient Move(VfioClient source, string path, MemoryFile ram, int pieceBytes)
    {
        GoTo(source, State.StopCopy);
        byte[] state = ReadAll(source, pieceBytes);
        source.Dispose();
        VfioClient target = Connect(path, ram);
        target.Ask(VfioClient.Reset, []);
        GoTo(target, State.Resuming);
        foreach (byte[] piece in state.Chunk(pieceBytes))
            target.Ask(DataWrite, [.. VfioClient.U32((uint)(8 + piece.Length), (uint)piece.Length), .. piece]);
        GoTo(target, State.Stop);
        GoTo(target, State.Running);
        return target;
    }

    private static byte[] ReadAll(VfioClient client, int pieceBytes)
    {
        List<byte> all = [];
        while (true)
        {
            byte[] reply = client.Ask(DataRead, VfioClient.U32((uint)(8 + pieceBytes), (uint)pieceBytes));
            uint length = BitConverter.ToUInt32(reply, 4);
            Assert.That(reply, Has.Length.EqualTo(8 + length));
            Assert.That(BitConverter.ToUInt32(reply), Is.EqualTo(8 + length));
            all.AddRange(reply.AsSpan(8));
            if (length < pieceBytes)
                return [.. all];
        }
    }

    private static byte[] Feature(VfioClient client, uint flags, uint argsz) =>
        client.Ask(VfioClient.DeviceFeature, VfioClient.U32(argsz, flags));

    private static int Error(VfioClient client, uint flags, uint argsz) =>
        client.Request(VfioClient.DeviceFeature, VfioClient.U32(argsz, flags)).Error;

    private static State StateOf(VfioClient client)
    {
        byte[] reply = Feature(client, Get | DeviceState, 16);
        Assert.That(reply, Has.Length.EqualTo(16));
        return (State)BitConverter.ToUInt32(reply, 8);
    }

    private static int TryGoTo(VfioClient client, State state) =>
        client.Request(VfioClient.DeviceFeature, VfioClient.U32(16, Set | DeviceState, (uint)state, 0)).Error;

    private static void GoTo(VfioClient client, State state) =>
        Assert.That(TryGoTo(client, state), Is.Zero, $"to {state}");

    /// <summary>A disk that two servers have, one at a time, and that is neither's to dispose of.</summary>
    private sealed class Kept(IDisk disk) : IDisk
    {
        public int BlockBytes => disk.BlockBytes;

        public ulong LengthBytes => disk.LengthBytes;

        public bool IsReadOnly => disk.IsReadOnly;

        public DiskStatus Submit(DiskRequest request) => disk.Submit(request);

        public void Dispose()
        {
        }
    }
}
