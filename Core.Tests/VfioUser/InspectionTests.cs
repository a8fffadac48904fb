using System.Text.Json;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;
using NvmeDoorbell.VfioUser.CommandLine;

namespace NvmeDoorbell.Tests.VfioUser;

/// <summary>What <c>nvmedb inspect</c> shows.</summary>
internal sealed class InspectionTests
{
    [Test]
    public void A_server_without_a_client_shows_its_disks_and_threads_and_no_device()
    {
        using ServerFixture server = new(reactors: 2);

        JsonElement status = Look(server);

        Assert.That(status.GetProperty("socket").GetString(), Is.EqualTo(server.Path));
        Assert.That(status.GetProperty("doorbells").GetString(), Is.EqualTo("trapped"));
        Assert.That(status.GetProperty("connected").GetBoolean(), Is.False);
        Assert.That(status.GetProperty("device").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(status.GetProperty("disks").EnumerateArray().Single().GetProperty("bytes").GetInt64(), Is.EqualTo(4 << 20));
        Assert.That(
            status.GetProperty("reactors").EnumerateArray().Select(static one => one.GetProperty("ownThread").GetBoolean()),
            Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public void The_device_of_a_client_shows_its_queues_and_what_it_has_done()
    {
        using ServerFixture server = new();
        using ClientMachine machine = new(server.Path);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(3);
        pair.Execute(new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 1 });

        JsonElement status = Look(server);

        Assert.That(status.GetProperty("connected").GetBoolean(), Is.True);
        JsonElement device = status.GetProperty("device");
        Assert.That(device.GetProperty("ready").GetBoolean(), Is.True);
        JsonElement queues = device.GetProperty("queues").EnumerateArray().Single();
        Assert.That(queues.GetProperty("completionQueue").GetProperty("id").GetInt32(), Is.EqualTo(3));
        Assert.That(device.GetProperty("statistics").GetProperty("commands").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void Clients_may_come_and_go_while_it_is_asked()
    {
        using ServerFixture server = new();
        bool isOver = false;
        int seen = 0;
        Exception? thrown = null;
        Thread inspector = new(() =>
        {
            try
            {
                while (!Volatile.Read(ref isOver))
                    seen += Look(server).GetProperty("connected").GetBoolean() ? 1 : 0;
            }
            catch (Exception exception)
            {
                thrown = exception;
            }
        });
        inspector.Start();
        for (int round = 0; round < 20; round++)
        {
            using ClientMachine machine = new(server.Path);
            machine.Driver.Enable();
            int before = Volatile.Read(ref seen);
            Wait.Until(() => Volatile.Read(ref seen) > before || thrown is not null, "a look");
        }
        Volatile.Write(ref isOver, true);
        inspector.Join();

        Assert.That(thrown, Is.Null);
    }

    private static JsonElement Look(ServerFixture server) =>
        JsonDocument.Parse(StatusJson.Write(server.Path, server.Model, server.Server)).RootElement.Clone();
}
