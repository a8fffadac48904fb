using NvmeDoorbell.Perf.Guest;
using NvmeDoorbell.Perf.Harness;

namespace NvmeDoorbell.Perf.Figures;

/// <summary>All figures, in the order of the report.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new RingIdle(1),
        new RingIdle(2),
        new RingHome(1),
        new RingHome(2),
        new SleepWake(),
        new HomeSwitch(),
        new RingSleeper(),
        new WakeSpin(),
        new IdleDoorbells(),
        new WakeParked(isPinned: false),
        new WakeParked(isPinned: true),
        new WakeOverIdle(),
        new WakeStorm(1),
        new WakeStorm(64),
        new WakeStorm(1024),
        new QueueFetchPost(),
        new CommandNull(isCpuTime: true),
        new CommandNull(isCpuTime: false),
        new QueuesOpen(),
        new IoDepth(DiskKind.Null, lengthBytes: 512),
        new IoDepth(DiskKind.Ram, lengthBytes: 4096),
        new IoDepth(DiskKind.Ram, lengthBytes: 512),
        new IoDepth(DiskKind.CachedFile, lengthBytes: 4096),
        new ReadLatency(),
        new CpuLoad(),
        new GcRing(isLongest: false),
        new GcRing(isLongest: true),
        new GcWake(),
        new Instructions(),
        new StartUp(),
        new Footprint(),
    ];
}
