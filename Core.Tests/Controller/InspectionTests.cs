using System.Text.Json;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>The live state as JSON: true, whole, and there at any time.</summary>
internal sealed class InspectionTests
{
    [Test]
    public void A_controller_that_serves_shows_its_registers_namespaces_queues_and_doorbells()
    {
        using var machine = new TestMachine();
        uint nsid = machine.AddRamDisk(blockBytes: 4096);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(3, entries: 16);
        for (int count = 0; count < 20; count++)
            pair.Execute(new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = nsid });

        JsonElement state = Inspect(machine);

        Assert.That(state.GetProperty("ready").GetBoolean(), Is.True);
        Assert.That(state.GetProperty("registers").GetProperty("csts").GetString(), Is.EqualTo("0x1"));
        JsonElement found = state.GetProperty("namespaces").EnumerateArray().Single();
        Assert.That(found.GetProperty("nsid").GetUInt32(), Is.EqualTo(nsid));
        Assert.That(found.GetProperty("blockBytes").GetInt32(), Is.EqualTo(4096));
        Assert.That(found.GetProperty("blocks").GetInt32(), Is.EqualTo(1024));
        JsonElement task = state.GetProperty("queues").EnumerateArray().Single();
        Assert.That(task.GetProperty("completionQueue").GetProperty("id").GetInt32(), Is.EqualTo(3));
        Assert.That(task.GetProperty("completionQueue").GetProperty("tail").GetInt32(), Is.EqualTo(20 % 16));
        Assert.That(task.GetProperty("commands").GetInt32(), Is.EqualTo(20));
        JsonElement submission = task.GetProperty("submissionQueues").EnumerateArray().Single();
        Assert.That(submission.GetProperty("head").GetInt32(), Is.EqualTo(20 % 16));
        Assert.That(submission.GetProperty("tail").GetInt32(), Is.EqualTo(20 % 16));
        Assert.That(
            state.GetProperty("doorbells").EnumerateArray().Select(one => one.GetProperty("id").GetInt32()),
            Is.EqualTo(new[] { 0, 1, 6, 7 }), "those of the admin queues and of queue pair 3");
        JsonElement tail = Doorbell(state, 6);
        Assert.That(tail.GetProperty("home").GetString(), Is.EqualTo("private"));
        Assert.That(tail.GetProperty("value").GetInt32(), Is.EqualTo(20 % 16));
        Assert.That(tail.GetProperty("limit").GetInt32(), Is.EqualTo(16));
        Assert.That(tail.TryGetProperty("eventIdx", out _), Is.False);
        Assert.That(state.GetProperty("reactors").GetArrayLength(), Is.EqualTo(1));
        Assert.That(state.GetProperty("statistics").GetProperty("commands").GetInt32(), Is.EqualTo(20));
    }

    [Test]
    public void A_shadow_doorbell_shows_its_home_and_EventIdx_and_a_quiet_queue_that_it_sleeps()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        machine.Driver.CreateQueuePair(1, entries: 16);
        Assert.That(new ShadowPages(machine.Driver).Configure(), Is.EqualTo(StatusCode.Success));

        // The queue's task sleeps once it has been quiet for as long as its reactor polls.
        Wait.Until(
            () => Doorbell(Inspect(machine), 2).GetProperty("sleeper").GetString() == "asleep", "the task to sleep");
        JsonElement tail = Doorbell(Inspect(machine), 2);

        Assert.That(tail.GetProperty("home").GetString(), Is.EqualTo("shadow"));
        Assert.That(tail.GetProperty("eventIdx").GetInt32(), Is.Zero);
    }

    [Test]
    public void A_controller_that_is_not_enabled_has_no_queues_and_no_open_doorbell()
    {
        using var machine = new TestMachine();

        JsonElement state = Inspect(machine);

        Assert.That(state.GetProperty("ready").GetBoolean(), Is.False);
        Assert.That(state.GetProperty("queues").GetArrayLength(), Is.Zero);
        Assert.That(state.GetProperty("doorbells").GetArrayLength(), Is.Zero);
        Assert.That(state.GetProperty("pci").GetProperty("msixEnabled").GetBoolean(), Is.False);
    }

    [Test]
    public void It_is_whole_while_queues_come_and_go_and_homes_switch()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        bool stop = false;
        int looks = 0;
        Exception? thrown = null;
        var inspector = new Thread(() =>
        {
            try
            {
                while (!Volatile.Read(ref stop))
                {
                    Inspect(machine);
                    Interlocked.Increment(ref looks);
                }
            }
            catch (Exception exception)
            {
                thrown = exception;
            }
        });
        inspector.Start();
        for (int round = 0; round < 20; round++)
        {
            machine.Driver.CreateQueuePair(2, entries: 8);
            Assert.That(new ShadowPages(machine.Driver).Configure(), Is.EqualTo(StatusCode.Success));
            machine.Driver.Disable();
            machine.Driver.Enable();
        }
        Wait.Until(() => Volatile.Read(ref looks) > 20 || thrown is not null, "looks");
        Volatile.Write(ref stop, true);
        inspector.Join();

        Assert.That(thrown, Is.Null);
    }

    private static JsonElement Doorbell(JsonElement state, int id) =>
        state.GetProperty("doorbells").EnumerateArray().Single(one => one.GetProperty("id").GetInt32() == id);

    private static JsonElement Inspect(TestMachine machine) =>
        JsonDocument.Parse(machine.Function.Inspect()).RootElement.Clone();
}
