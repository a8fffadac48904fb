using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>The workloads of the gate by name.</summary>
internal static class Workloads
{
    /// <summary>Must be caught.</summary>
    public const string Canary = "canary";

    /// <summary>Name, cycles in the gate, cycles in the full run, and how it is made.</summary>
    public static IReadOnlyList<WorkloadEntry> All { get; } =
    [
        new(Canary, 100_000, 100_000, TimeSpan.Zero, static () => new CanaryWorkload()),
        new("sleep_poll", 500_000, 10_000_000, TimeSpan.Zero, static () => new PollWorkload()),
        new("sleep_await", 500_000, 10_000_000, TimeSpan.Zero, static () => new AwaitWorkload()),
        // The thread pool allocates 64 bytes in a run now and then, once, under any awaited source, also one that is
        // nothing but a ManualResetValueTaskSourceCore. Something allocated each thousandth cycle would be 480 bytes.
        new("sleep_await_pool", 20_000, 1_000_000, TimeSpan.Zero, static () => new PoolWorkload()) { RuntimeBytes = 256 },
        new("reactor_adaptive", 200_000, 10_000_000, TimeSpan.Zero, static () => new ReactorWorkload(ReactorPolling.Adaptive)),
        new("reactor_parked", 20_000, 1_000_000, TimeSpan.Zero, static () => new ReactorWorkload(ReactorPolling.Never)),
        new("command_read", 1_000_000, 1_000_000, TimeSpan.FromMinutes(1), static () => new CommandWorkload(IoOpcode.Read)),
        new("command_write", 1_000_000, 1_000_000, TimeSpan.FromMinutes(1), static () => new CommandWorkload(IoOpcode.Write)),
    ];
}
