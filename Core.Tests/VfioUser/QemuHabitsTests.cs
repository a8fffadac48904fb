using System.Buffers.Binary;
using System.Text.Json;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>What QEMU insists on, beyond the words of the specification.</summary>
public sealed class QemuHabitsTests
{
    [Test]
    public void It_refuses_a_server_that_takes_more_than_16_descriptors_in_a_message()
    {
        using ServerFixture server = new();
        using VfioClient client = new(server.Path);
        byte[] reply = client.Ask(VfioClient.Version, VfioClient.VersionPayload("{}"));
        using JsonDocument json = JsonDocument.Parse(reply.AsMemory(4, reply.Length - 5));
        JsonElement capabilities = json.RootElement.GetProperty("capabilities");
        Assert.That(capabilities.GetProperty("max_msg_fds").GetInt32(), Is.InRange(1, 16));
    }

    [Test]
    public void It_refuses_a_region_whose_capabilities_begin_nowhere_even_in_the_reply_that_has_no_room_for_them()
    {
        using ServerFixture server = new(model => model with { MapsDoorbells = true });
        using VfioClient client = VfioClient.Connect(server.Path);
        byte[] reply = client.Ask(VfioClient.GetRegionInfo, VfioClient.U32(32, 0, 0, 0, 0, 0, 0, 0));
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(reply), Is.EqualTo(64), "argsz");
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12)), Is.EqualTo(32), "cap_offset");
    }
}
