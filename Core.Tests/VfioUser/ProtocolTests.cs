using NvmeDoorbell.VfioUser.Transport;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>What each command answers, and what it refuses.</summary>
public sealed class ProtocolTests
{
    private const uint FullRegionInfo = 64;

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"pgsizes":4096,"write_multiple":true}}""")]
    [TestCase("""{"other":[1,2],"capabilities":{"migration":{"pgsize":4096},"max_msg_fds":0}}""")]
    public void A_version_of_any_capabilities_is_answered_by_the_same_major_and_json(string json)
    {
        using ServerFixture server = new();
        using VfioClient client = new(server.Path);
        byte[] payload = client.Ask(VfioClient.Version, VfioClient.VersionPayload(json, minor: 7));
        Assert.That(payload.AsSpan(0, 4).ToArray(), Is.All.Zero, "version 0.0");
        using var answer = System.Text.Json.JsonDocument.Parse(payload.AsMemory(4, payload.Length - 5));
        System.Text.Json.JsonElement capabilities = answer.RootElement.GetProperty("capabilities");
        Assert.Multiple(() =>
        {
            Assert.That(payload[^1], Is.Zero, "the terminating NUL");
            Assert.That(capabilities.GetProperty("max_msg_fds").GetInt32(), Is.EqualTo(16));
            Assert.That(capabilities.GetProperty("max_data_xfer_size").GetInt32(), Is.EqualTo(1 << 20));
            Assert.That(capabilities.TryGetProperty("write_multiple", out _), Is.EqualTo(json.Contains("write_multiple")));
        });
    }

    [Test]
    public void A_version_without_data_is_answered()
    {
        using ServerFixture server = new();
        using VfioClient client = new(server.Path);
        Assert.That(client.Request(VfioClient.Version, new byte[4]).Error, Is.Zero);
    }

    [TestCase("{", TestName = "A_version_is_refused_whose_json_has_no_end")]
    [TestCase("\"", TestName = "A_version_is_refused_whose_json_is_half_a_text")]
    [TestCase("[]", TestName = "A_version_is_refused_whose_json_is_no_object")]
    [TestCase("{} {}", TestName = "A_version_is_refused_whose_json_goes_on")]
    [TestCase("""{"capabilities":"23"}""", TestName = "A_version_is_refused_whose_capabilities_are_a_text")]
    [TestCase("""{"capabilities":{"max_msg_fds":"8"}}""", TestName = "A_version_is_refused_whose_number_is_a_text")]
    [TestCase("""{"capabilities":{"max_msg_fds":-1}}""", TestName = "A_version_is_refused_whose_number_is_negative")]
    [TestCase("""{"capabilities":{"write_multiple":1}}""", TestName = "A_version_is_refused_whose_boolean_is_a_number")]
    public void A_version_is_refused(string json)
    {
        using ServerFixture server = new();
        using VfioClient client = new(server.Path);
        Assert.That(client.Request(VfioClient.Version, VfioClient.VersionPayload(json)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.IsClosedByServer(), Is.True);
    }

    [Test]
    public void Another_major_a_missing_NUL_and_another_first_command_are_refused()
    {
        using ServerFixture server = new();
        (ushort Command, byte[] Payload)[] firsts =
        [
            (VfioClient.Version, VfioClient.VersionPayload("{}", major: 1)),
            (VfioClient.Version, VfioClient.VersionPayload("{}")[..^1]),
            (VfioClient.Version, [0, 0]),
            (VfioClient.GetInfo, VfioClient.U32(16, 0, 0, 0)),
        ];
        foreach ((ushort command, byte[] payload) in firsts)
        {
            using VfioClient client = new(server.Path);
            Assert.That(client.Request(command, payload).Error, Is.EqualTo(VfioClient.Invalid));
            Assert.That(client.IsClosedByServer(), Is.True);
        }
    }

    [Test]
    public void The_device_is_a_pci_device_that_can_be_reset()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        Assert.That(client.Ask(VfioClient.GetInfo, VfioClient.U32(16, 0, 0, 0)), Is.EqualTo(VfioClient.U32(16, 3, 9, 5)));
        Assert.That(client.Request(VfioClient.GetInfo, VfioClient.U32(15, 0, 0, 0)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.GetInfo, VfioClient.U32(16)).Error, Is.EqualTo(VfioClient.Invalid));
    }

    [Test]
    public void Regions_have_the_lengths_of_bar0_and_of_configuration_space()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        for (uint index = 0; index < 9; index++)
        {
            VfioReply info = RegionInfo(client, index, FullRegionInfo);
            Assert.Multiple(() =>
            {
                Assert.That(info.U32At(0), Is.EqualTo(32), "argsz");
                Assert.That(info.U32At(8), Is.EqualTo(index));
                Assert.That(info.U32At(4), Is.EqualTo(index is 0 or 7 ? 3 : 0), "flags");
                Assert.That(info.U64At(16), index is 0 ? Is.GreaterThanOrEqualTo(0x2000) : Is.EqualTo(index is 7 ? 4096 : 0));
                Assert.That(info.Descriptors, Is.Empty);
            });
        }
        Assert.That(RegionInfo(client, 9, FullRegionInfo).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(RegionInfo(client, 0, 31).Error, Is.EqualTo(VfioClient.Invalid));
    }

    [Test]
    public void The_doorbell_page_is_offered_with_its_descriptor_where_there_is_room_for_it()
    {
        using ServerFixture server = new(model => model with { MapsDoorbells = true });
        using VfioClient client = VfioClient.Connect(server.Path);
        VfioReply small = RegionInfo(client, 0, 32);
        VfioReply full = RegionInfo(client, 0, FullRegionInfo);
        using Descriptor descriptor = full.Descriptors.Single();
        Assert.Multiple(() =>
        {
            Assert.That(small.Payload, Has.Length.EqualTo(32));
            Assert.That(small.U32At(0), Is.EqualTo(FullRegionInfo), "the room that it takes");
            Assert.That(small.Descriptors, Is.Empty);
            Assert.That(full.Payload, Has.Length.EqualTo(64));
            Assert.That(full.U32At(4), Is.EqualTo(0xF), "read, write, map, capabilities");
            Assert.That(full.U32At(12), Is.EqualTo(32), "where the capability is");
            Assert.That(full.U32At(32), Is.EqualTo(0x1_0001), "sparse map, version 1");
            Assert.That(full.U32At(36), Is.Zero, "the last capability");
            Assert.That(full.U32At(40), Is.EqualTo(1), "one area");
            Assert.That(full.U64At(48), Is.EqualTo(0x1000), "the doorbells");
            Assert.That(full.U64At(56), Is.EqualTo(0x1000));
        });
    }

    [Test]
    public void No_region_is_offered_by_descriptors_for_io()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        Assert.That(client.Ask(VfioClient.GetRegionIoFds, VfioClient.U32(512, 0, 0, 0)), Is.EqualTo(VfioClient.U32(16, 0, 0, 0)));
        foreach (uint[] wrong in (uint[][])[[512, 1, 0, 0], [512, 0, 0, 1], [15, 0, 0, 0], [512, 0, 3, 0], [512, 0, 512, 0]])
            Assert.That(client.Request(VfioClient.GetRegionIoFds, VfioClient.U32(wrong)).Error, Is.EqualTo(VfioClient.Invalid));
    }

    [Test]
    public void Interrupts_are_a_pin_and_a_vector_for_each_queue()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        (uint Flags, uint Count)[] types = [(7, 1), (1, 0), (3, 9), (1, 1), (1, 1)];
        for (uint index = 0; index < types.Length; index++)
        {
            Assert.That(
                client.Ask(VfioClient.GetIrqInfo, VfioClient.U32(16, 0, index, 0)),
                Is.EqualTo(VfioClient.U32(16, types[index].Flags, index, types[index].Count)));
        }
        Assert.That(client.Request(VfioClient.GetIrqInfo, VfioClient.U32(16, 0, 5, 0)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.GetIrqInfo, VfioClient.U32(15, 0, 0, 0)).Error, Is.EqualTo(VfioClient.Invalid));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(64)]
    [TestCase(4096)]
    public void Configuration_space_is_read_in_pieces_of_any_length(int length)
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        byte[] whole = client.ReadRegion(7, 0, 4096);
        Assert.That(whole.AsSpan(0, 4).ToArray(), Is.EqualTo(new byte[] { 0x36, 0x1B, 0x10, 0x00 }));
        List<byte> read = [];
        while (read.Count < 4096)
            read.AddRange(client.ReadRegion(7, (ulong)read.Count, Math.Min(length, 4096 - read.Count)));
        Assert.That(read, Is.EqualTo(whole));
    }

    [Test]
    public void Accesses_outside_of_a_region_are_refused_and_posted_ones_say_nothing()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        (ulong Offset, uint Region, uint Length)[] wrong =
            [(4095, 7, 2), (4096, 7, 1), (ulong.MaxValue, 7, 1), (0, 1, 4), (0, 8, 1), (0, 9, 1), (0, uint.MaxValue, 1), (0, 0, uint.MaxValue)];
        foreach ((ulong offset, uint region, uint length) in wrong)
        {
            byte[] access = [.. VfioClient.U64(offset), .. VfioClient.U32(region, length)];
            Assert.That(client.Request(VfioClient.RegionRead, access).Error, Is.EqualTo(VfioClient.Invalid));
            client.Send(VfioClient.RegionWrite, [.. access, .. new byte[8]], VfioClient.NoReply);
            Assert.That(client.Request(VfioClient.RegionWrite, [.. access, .. new byte[8]]).Error, Is.EqualTo(VfioClient.Invalid));
        }
        // Says 8 bytes and brings 4.
        byte[] brief = [.. VfioClient.U64(0x14), .. VfioClient.U32(0, 8), .. new byte[4]];
        Assert.That(client.Request(VfioClient.RegionWrite, brief).Error, Is.EqualTo(VfioClient.Invalid));
    }

    [Test]
    public void Several_writes_in_one_message_are_done_up_to_the_first_wrong_one()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        byte[] good = [.. VfioClient.U64(0x24), .. VfioClient.U32(0, 4), .. VfioClient.U64(0x001F_001F)];
        byte[] wrong = [.. VfioClient.U64(0x24), .. VfioClient.U32(9, 4), .. VfioClient.U64(1)];
        Assert.That(client.Ask(VfioClient.RegionWriteMulti, [.. VfioClient.U64(2), .. good, .. good]), Is.EqualTo(VfioClient.U64(2)));
        Assert.That(client.ReadBar0(0x24, 4), Is.EqualTo(0x001F_001F), "AQA");
        Assert.That(client.Ask(VfioClient.RegionWriteMulti, [.. VfioClient.U64(3), .. good, .. wrong, .. good]), Is.EqualTo(VfioClient.U64(1)));
        Assert.That(client.Request(VfioClient.RegionWriteMulti, [.. VfioClient.U64(1), .. wrong]).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.RegionWriteMulti, [.. VfioClient.U64(2), .. good]).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Request(VfioClient.RegionWriteMulti, VfioClient.U64(ulong.MaxValue)).Error, Is.EqualTo(VfioClient.Invalid));
        Assert.That(client.Ask(VfioClient.RegionWriteMulti, VfioClient.U64(0)), Is.EqualTo(VfioClient.U64(0)));
    }

    [Test]
    public void Unknown_commands_and_those_not_offered_get_an_error()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        foreach (ushort command in (ushort[])[0, 1, 14, 19, 999, ushort.MaxValue, VfioClient.DmaRead, VfioClient.DmaWrite])
            Assert.That(client.Request(command, new byte[32]).Error, Is.EqualTo(VfioClient.Invalid), $"command {command}");
        Assert.That(client.Request(VfioClient.Reset, []).Error, Is.Zero);
    }

    [Test]
    public void Commands_sent_at_once_are_answered_in_order()
    {
        using ServerFixture server = new();
        using VfioClient client = VfioClient.Connect(server.Path);
        using MemoryFile ram = new("test-ram", 1 << 20);
        List<ushort> sent = [];
        for (ulong page = 0; page < 32; page++)
            sent.Add(client.Send(VfioClient.DmaMap, VfioClient.MapPayload(page << 16, 4096, page * 4096), 0, ram.Number));
        foreach (ushort id in sent)
        {
            VfioReply reply = client.Receive()!;
            Assert.That((reply.Id, reply.Error), Is.EqualTo((id, 0)));
        }
    }

    private static VfioReply RegionInfo(VfioClient client, uint index, uint room) =>
        client.Request(VfioClient.GetRegionInfo, [.. VfioClient.U32(room, 0, index, 0), .. VfioClient.U64(0, 0)]);
}
