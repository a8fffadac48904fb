using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What listeners of meters and event sources are told.</summary>
internal sealed class MetricsTests
{
    private const string Serial = "METRICS-TESTS-1";

    [Test]
    public void The_meter_tells_what_each_controller_has_done_under_its_serial_number()
    {
        using var machine = new TestMachine(options => options with { Serial = Serial });
        uint nsid = machine.AddRamDisk();
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        for (int count = 0; count < 5; count++)
            ControllerDriver.Transfer(pair, IoOpcode.Write, nsid, 0, 8, page);
        ControllerDriver.Transfer(pair, IoOpcode.Read, nsid + 1, 0, 8, page);

        Dictionary<string, long> told = Collect();

        Assert.That(told["nvmedb.commands"], Is.EqualTo(6));
        Assert.That(told["nvmedb.errors"], Is.EqualTo(1));
        Assert.That(told["nvmedb.written"], Is.EqualTo(5 * 4096));
        Assert.That(told["nvmedb.admin_commands"], Is.EqualTo(2));
        Assert.That(told["nvmedb.interrupts"], Is.Positive);
    }

    [Test]
    public void A_controller_that_has_ended_is_told_of_no_more()
    {
        using (var machine = new TestMachine(options => options with { Serial = Serial }))
            Assert.That(Collect(), Does.ContainKey("nvmedb.commands"));

        Assert.That(Collect(), Is.Empty);
    }

    [Test]
    public void A_guest_that_rings_wrongly_a_thousand_times_a_second_fills_no_log()
    {
        using var machine = new TestMachine(options => options with { Serial = Serial });
        machine.Driver.Enable();
        machine.Driver.CreateQueuePair(1, entries: 4);
        using var listener = new Listener();
        ulong closed = 0x1000 + 2 * 7 * 4;

        for (int count = 0; count < 1000; count++)
            machine.Driver.Write32(closed, 1);

        // A loop that stands at the turn of a second or two may be let through once more for each.
        Assert.That(listener.Count("InvalidDoorbell"), Is.Positive.And.LessThan(1000));
        Assert.That(listener.Payload("InvalidDoorbell"), Is.EqualTo(new object[] { Serial, 14, 0 }));
    }

    [TestCase(20, 0, 20, 0, TestName = "All are let through where they are few")]
    [TestCase(50, 0, 20, 0, TestName = "The rest of a second is left out")]
    [TestCase(50, 1, 20, 30, TestName = "What was left out is told with the first of the next second")]
    public void A_budget(int asked, int secondsLater, int letThrough, long leftOut)
    {
        var budget = new EventBudget(perSecond: 20);
        int taken = Enumerable.Range(0, asked).Count(count => budget.TryTake(5_000, out long untold));
        bool isNext = budget.TryTake(5_000 + secondsLater * 1000, out long told);

        Assert.That(taken, Is.EqualTo(letThrough));
        Assert.That(isNext, Is.EqualTo(secondsLater > 0));
        Assert.That(told, Is.EqualTo(leftOut));
    }

    [Test]
    public void The_state_of_a_controller_and_its_failed_commands_are_events()
    {
        using var listener = new Listener();
        using var machine = new TestMachine(options => options with { Serial = Serial });
        machine.Driver.Enable();
        machine.Driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, 5);
        machine.Driver.Disable();

        Assert.That(
            listener.Payload("CommandFailed"),
            Is.EqualTo(new object[] { Serial, 0, (int)StatusCode.InvalidQueueIdentifier.WithDoNotRetry() }));
        Assert.That(listener.All("StateChanged").Select(one => one[1]), Is.EqualTo(new object[] { 1, 2, 0 }));
    }

    private static Dictionary<string, long> Collect()
    {
        var told = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "NvmeDoorbell")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag is { Key: "serial", Value: Serial })
                    told[instrument.Name] = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }

    /// <summary>Keeps the events of this fixture's controllers.</summary>
    private sealed class Listener : EventListener
    {
        private readonly Lock _lock = new();
        private readonly List<(string Name, object?[] Payload)> _events = [];

        public int Count(string name) => All(name).Count;

        public object?[] Payload(string name) => All(name)[0];

        public List<object?[]> All(string name)
        {
            lock (_lock)
                return [.. _events.Where(one => one.Name == name).Select(one => one.Payload)];
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "NvmeDoorbell")
                EnableEvents(eventSource, EventLevel.Verbose);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            // The base class's constructor calls this before the fields here are there.
            if (_lock is null || eventData.Payload is not [Serial, ..])
                return;
            lock (_lock)
                _events.Add((eventData.EventName!, [.. eventData.Payload]));
        }
    }
}
