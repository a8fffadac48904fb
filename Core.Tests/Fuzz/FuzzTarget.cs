using NvmeDoorbell.Tests.Fuzz.Bytes;
using NvmeDoorbell.Tests.Fuzz.Feedback;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>The table of targets.</summary>
/// <param name="Name">As <c>--target</c> takes it.</param>
/// <param name="What">What is attacked, in a line.</param>
/// <param name="Make">Makes it.</param>
/// <param name="Planted">It has a defect planted: the word by which its report is known. Null: it has none.</param>
/// <param name="IsInstrumented">It is run by the copy of the program that counts branches.</param>
internal sealed record FuzzTarget(
    string Name, string What, Func<FuzzOptions, Scenario> Make, string? Planted = null, bool IsInstrumented = false)
{
    /// <summary>What hostile disks do wrong unless told otherwise.</summary>
    public const string DefaultFaults = "fail=20,stall=2000,reorder=8,twice=16,never=3000";

    private static readonly (MachineScenario.Act, int)[] IoActs =
    [
        (QueueActs.Command, 60), (QueueActs.RingTail, 10), (QueueActs.RingHead, 40), (QueueActs.Scribble, 20),
    ];

    private static readonly (MachineScenario.Act, int)[] Everything =
    [
        .. IoActs, (QueueActs.RingAny, 40), (RegisterActs.Read, 30), (RegisterActs.Write, 20), (RegisterActs.ReadConfig, 10),
        (RegisterActs.WriteConfig, 10), (AdminActs.Any, 6), (AdminActs.Recreate, 1), (EmbedderActs.StoreShadow, 20),
        (EmbedderActs.ConfigureShadow, 2), (EmbedderActs.Look, 4), (EmbedderActs.ToggleRegion, 1),
        (EmbedderActs.ToggleNamespace, 1), (EmbedderActs.ToggleAttachment, 1), (EmbedderActs.Reset, 1), (RegisterActs.Disable, 1),
        (EmbedderActs.Pause, 1),
        (RegisterActs.Configure, 1), (RegisterActs.FunctionLevelReset, 1), (RegisterActs.ResetSubsystem, 1),
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("doorbells", "rings, waits, closes and home switches on bare doorbells", _ => new DoorbellScenario()),
        new("queues", "tails and heads of any value, queues deleted and created under load", options => new MachineScenario(
            isShared: true, options,
            [(QueueActs.RingTail, 60), (QueueActs.RingHead, 60), (QueueActs.RingAny, 40), (QueueActs.Scribble, 30),
                (QueueActs.Command, 20), (AdminActs.Recreate, 1)])),
        new("registers", "BAR0 at any offset, width and value, enables and disables", options => new MachineScenario(
            isShared: false, options,
            [(RegisterActs.Read, 50), (RegisterActs.Write, 50), (RegisterActs.Configure, 2), (AdminActs.Enable, 2),
                (RegisterActs.ResetSubsystem, 1), (QueueActs.RingAny, 20)])),
        new("admin", "admin commands with any field, on hostile admin queues", options => new MachineScenario(
            isShared: false, options,
            [(AdminActs.Any, 100), (AdminActs.Recreate, 5), (AdminActs.Enable, 5), (QueueActs.Command, 20),
                (QueueActs.Scribble, 10), (RegisterActs.Disable, 1)])),
        new("io", "I/O commands with PRP lists of any form, over disks with faults", options => new MachineScenario(
            isShared: true, options, [.. IoActs, (EmbedderActs.ToggleRegion, 1)])),
        new("shadow", "shadow doorbell pages that move, vanish, and hold anything", options => new MachineScenario(
            isShared: true, options,
            [.. IoActs, (EmbedderActs.StoreShadow, 60), (EmbedderActs.ConfigureShadow, 10), (EmbedderActs.ToggleRegion, 2),
                (EmbedderActs.Reset, 1), (EmbedderActs.Pause, 1)])),
        new("config", "configuration space, MSI-X and function level resets", options => new MachineScenario(
            isShared: false, options,
            [(RegisterActs.ReadConfig, 40), (RegisterActs.WriteConfig, 60), (RegisterActs.Write, 10), (AdminActs.Enable, 2),
                (QueueActs.Command, 10), (RegisterActs.FunctionLevelReset, 1)])),
        new("exports", "the C exports with handles that are freed, made up or of another kind", _ => new ExportScenario()),
        new("all", "all of it at once, with resets, namespaces and memory that come and go", options =>
            new MachineScenario(isShared: true, options, Everything)),
        .. ByteTargets.All.Select(each => new FuzzTarget(
            each.Name, each.What, options => new ByteScenario(each.Name, each.Make(), options), IsInstrumented: true)),
        Canary("canary", "a disk that lies: the harness must find it", LyingDisk.Lie.Forgets, "data: "),
        Canary("canary-crash", "a disk that touches withdrawn memory: its process must not survive", LyingDisk.Lie.Touches, "crash: "),
        Canary("canary-hang", "a disk that keeps a request: the watchdog must tell, with all stacks", LyingDisk.Lie.Keeps,
            $"{nameof(ChildRun)}.{nameof(ChildRun.Run)}()"),
        new("canary-bytes", "a parser with a defect behind five right bytes: the feedback must lead there", options =>
            new ByteScenario("canary-bytes", new PlantedTarget(), options), "planted: ", IsInstrumented: true),
    ];

    private static FuzzTarget Canary(string name, string what, LyingDisk.Lie lie, string planted) => new(name, what, options =>
        new MachineScenario(isShared: true, options, IoActs, honestDisk: disk => new LyingDisk(disk, lie)), planted);
}
