using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Temperature, critical warnings and their events; the busy time.</summary>
internal sealed class HealthTests
{
    private TestMachine _machine = null!;

    private ControllerDriver Driver => _machine.Driver;

    [SetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        Driver.Enable();
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [TestCase(CriticalWarnings.SpareBelowThreshold, 2)]
    [TestCase(CriticalWarnings.ReliabilityDegraded, 0)]
    [TestCase(CriticalWarnings.MediaReadOnly, 0)]
    [TestCase(CriticalWarnings.VolatileMemoryBackupFailed, 0)]
    [TestCase(CriticalWarnings.PersistentMemoryUnreliable, 0)]
    public void A_warning_of_the_embedders_is_in_SMART_and_an_event_where_asked_for(CriticalWarnings warning, int information)
    {
        Configure((uint)(0xFF & ~(int)warning));
        ushort request = Driver.Admin.Submit(Events.Request);
        _machine.Controller.SetCriticalWarnings(warning);
        Assert.That(ReadSmart()[0], Is.EqualTo((byte)warning));
        Assert.That(Driver.Admin.HasCompleted(request), Is.False, "its bit is clear");

        Configure((uint)warning);

        var reported = AsynchronousEvent.FromDword0(Driver.Admin.WaitFor(request).Result);
        Assert.That(reported, Is.EqualTo(new AsynchronousEvent(AsynchronousEventType.Health, (byte)information, LogPageId.Smart)));
        _machine.Controller.SetCriticalWarnings(CriticalWarnings.None);
        Assert.That(ReadSmart()[0], Is.Zero);
    }

    [Test]
    public void A_temperature_over_or_under_a_threshold_is_a_warning_once_each_time_it_crosses()
    {
        Configure((uint)CriticalWarnings.TemperatureBeyondThreshold);
        foreach (ushort kelvin in (ushort[])[400, 250])
        {
            Set(FeatureId.TemperatureThreshold, 1u << 20 | 260); // under
            ushort request = Driver.Admin.Submit(Events.Request);
            _machine.Controller.SetTemperature(kelvin);
            Assert.That(
                AsynchronousEvent.FromDword0(Driver.Admin.WaitFor(request).Result),
                Is.EqualTo(AsynchronousEvent.TemperatureThreshold));
            byte[] smart = ReadSmart();
            Assert.That((smart[0], BitConverter.ToUInt16(smart, 1)), Is.EqualTo(((byte)2, kelvin)));

            request = Driver.Admin.Submit(Events.Request);
            _machine.Controller.SetTemperature(kelvin);
            ReadSmart();
            Assert.That(Driver.Admin.HasCompleted(request), Is.False, "it lasts, and has been told");
            Driver.Execute(new SubmissionEntry { Opcode = (byte)AdminOpcode.Abort, Cdw10 = (uint)request << 16 });
            _machine.Controller.SetTemperature(313);
            Assert.That(ReadSmart()[0], Is.Zero);
        }
    }

    [Test]
    public void A_warning_waits_for_a_request_and_is_masked_until_SMART_has_been_read()
    {
        Configure(0xFF);
        _machine.Controller.SetCriticalWarnings(CriticalWarnings.SpareBelowThreshold);
        Assert.That(Driver.Execute(Events.Request).Status, Is.EqualTo(StatusCode.Success), "one was waiting");
        ushort request = Driver.Admin.Submit(Events.Request);
        _machine.Controller.SetCriticalWarnings(CriticalWarnings.ReliabilityDegraded);
        ReadSmart(retain: true);
        Assert.That(Driver.Admin.HasCompleted(request), Is.False);
        ReadSmart();
        _machine.Controller.SetCriticalWarnings(CriticalWarnings.SpareBelowThreshold);
        Assert.That(Driver.Admin.WaitFor(request).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Busy_time_is_the_time_in_which_any_task_is_at_work()
    {
        long now = 1000;
        var clock = new BusyClock(() => now);
        Assert.That(clock.Total, Is.EqualTo(TimeSpan.Zero));
        clock.Begin();
        now += 10;
        clock.Begin();
        now += 10;
        clock.End();
        now += 10;
        Assert.That(clock.Total.TotalMilliseconds, Is.EqualTo(30), "under way");
        clock.End();
        now += 1000;
        clock.Begin();
        now += 5;
        clock.End();
        Assert.That(clock.Total.TotalMilliseconds, Is.EqualTo(35));
    }

    [Test]
    public void A_task_is_at_work_from_a_command_until_it_rests_with_none_under_way()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        io.Sleep();
        Assert.That(io.Context.Busy.Count, Is.Zero);
        driver.Submit(IoEntries.Flush(1));
        io.Turn();
        io.Sleep();
        Assert.That(io.Context.Busy.Count, Is.EqualTo(1), "asleep, with a command under way");
        disk.CompleteAll();
        io.Sleep();
        Assert.That(io.Context.Busy.Count, Is.Zero);
    }

    private void Configure(uint value) => Set(FeatureId.AsynchronousEventConfiguration, value);

    private void Set(FeatureId feature, uint value)
    {
        var entry = new SubmissionEntry { Opcode = (byte)AdminOpcode.SetFeatures, Cdw10 = (uint)feature, Cdw11 = value };
        Assert.That(Driver.Execute(entry).Status, Is.EqualTo(StatusCode.Success));
    }

    private byte[] ReadSmart(bool retain = false) => Events.ReadLogPage(Driver, LogPageId.Smart, 512, retain);
}
