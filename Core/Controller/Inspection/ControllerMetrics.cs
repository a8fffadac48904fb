using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The meter <c>NvmeDoorbell</c>: what every live controller has done, for <c>dotnet-counters</c> and for whatever else
/// listens to System.Diagnostics.Metrics. All instruments are observable: they read the counters that are there anyway,
/// when somebody asks, and cost the I/O path nothing.
/// </summary>
internal static class ControllerMetrics
{
    public const string MeterName = "NvmeDoorbell";

    private const string Switch = "NvmeDoorbell.Metrics.IsSupported";

    private static readonly Lock Changing = new();
    private static NvmeController[] _live = [];

    // Created by the first controller, and then for ever: instruments belong to the process.
    private static Meter? _meter;

    // Set when a program is compiled ahead of time, the meter and all that it needs are left out of it.
    [FeatureSwitchDefinition(Switch)]
    private static bool IsSupported => !AppContext.TryGetSwitch(Switch, out bool isOn) || isOn;

    public static void Add(NvmeController controller)
    {
        if (!IsSupported)
            return;
        lock (Changing)
        {
            Volatile.Write(ref _live, [.. _live, controller]);
            _meter ??= CreateMeter();
        }
    }

    public static void Remove(NvmeController controller)
    {
        if (!IsSupported)
            return;
        lock (Changing)
            Volatile.Write(ref _live, Array.FindAll(_live, one => one != controller));
    }

    private static Meter CreateMeter()
    {
        var meter = new Meter(MeterName);
        Count(meter, "nvmedb.commands", "{command}", "I/O commands completed", one => one.Commands);
        Count(meter, "nvmedb.admin_commands", "{command}", "Admin commands completed", one => one.AdminCommands);
        Count(meter, "nvmedb.errors", "{command}", "Commands completed with an error", one => one.Errors);
        Count(meter, "nvmedb.invalid_rings", "{ring}", "Doorbell writes that were ignored", one => one.InvalidRings);
        Count(meter, "nvmedb.interrupts", "{interrupt}", "Interrupts raised", one => one.Interrupts);
        Count(meter, "nvmedb.read", "By", "Bytes that guests have read", one => one.BytesRead);
        Count(meter, "nvmedb.written", "By", "Bytes that guests have written", one => one.BytesWritten);
        Count(meter, "nvmedb.doorbells", "{doorbell}", "New doorbell values found", one => one.Doorbells);
        Count(meter, "nvmedb.timed_commands", "{command}", "Commands that are timed, or stood for", one => one.TimedCommands);
        Count(meter, "nvmedb.timed", "us", "What they took in all", one => (ulong)one.TimedDuration.TotalMicroseconds);
        CountReactors(meter, "nvmedb.wakes", "{wake}", "Tasks made ready", one => one.Wakes);
        CountReactors(meter, "nvmedb.spurious_wakes", "{wake}", "Wakes that found nothing", one => one.SpuriousWakes);
        CountReactors(meter, "nvmedb.sleeps", "{sleep}", "Times a task went to sleep", one => one.Sleeps);
        CountReactors(meter, "nvmedb.parks", "{park}", "Times a reactor's thread parked", one => one.Parks);
        meter.CreateObservableUpDownCounter("nvmedb.controllers", () => Volatile.Read(ref _live).Length, "{controller}",
            "Controllers that are there");
        return meter;
    }

    private static void Count(
        Meter meter, string name, string unit, string description, Func<ControllerStatistics, ulong> read) =>
        meter.CreateObservableCounter(
            name,
            () => Array.ConvertAll(
                Volatile.Read(ref _live),
                controller => new Measurement<long>((long)read(controller.GetStatistics()), SerialOf(controller))),
            unit,
            description);

    // A reactor that serves several controllers is counted once.
    private static void CountReactors(
        Meter meter, string name, string unit, string description, Func<ReactorStatistics, long> read) =>
        meter.CreateObservableCounter(
            name,
            () =>
            {
                HashSet<Reactor> reactors = [];
                foreach (NvmeController controller in Volatile.Read(ref _live))
                    reactors.UnionWith(controller.Options.Reactors);
                long sum = 0;
                foreach (Reactor reactor in reactors)
                    sum += read(reactor.GetStatistics());
                return sum;
            },
            unit,
            description);

    private static KeyValuePair<string, object?> SerialOf(NvmeController controller) =>
        new("serial", controller.Options.Serial);
}
