namespace NvmeDoorbell.Tests.Fuzz.Bytes;

/// <summary>The table of byte targets: what turns an input into accesses to the device. A new parser is one line here.</summary>
/// <param name="Name">As <c>--target</c> takes it, and the name of its corpus.</param>
/// <param name="What">What is attacked, in a line.</param>
/// <param name="Make">Makes it.</param>
internal sealed record ByteTargets(string Name, string What, Func<ByteTarget> Make)
{
    public static IReadOnlyList<ByteTargets> All { get; } =
    [
        new("bytes-prp", "PRP walks, held against a second implementation", () => new PrpTarget()),
        new("bytes-sgl", "walks of scatter gather lists, held against a second implementation", () => new SglTarget()),
        new("bytes-state", "saved state with a right checksum, restored", () => new StateTarget()),
        new("bytes-commands", "submission entries to the admin queue and an I/O queue, and what they point to", () =>
            new MachineTarget(isUp: true, [MachineTarget.Act.Admin, MachineTarget.Act.Io, MachineTarget.Act.Store])),
        new("bytes-registers", "sequences of accesses to BAR0 and configuration space", () =>
            new MachineTarget(isUp: false, [
                MachineTarget.Act.WriteBar0, MachineTarget.Act.ReadBar0, MachineTarget.Act.WriteConfig,
                MachineTarget.Act.ReadConfig, MachineTarget.Act.Turns, MachineTarget.Act.Store])),
        new("bytes-doorbells", "sequences of doorbell values, with shadow pages and queues of the guest's own", () =>
            new MachineTarget(isUp: true, [
                MachineTarget.Act.Ring, MachineTarget.Act.Store, MachineTarget.Act.Turns, MachineTarget.Act.WildAdmin])),
        new("bytes-all", "all of these, and resets, namespaces and regions that come and go", () =>
            new MachineTarget(isUp: true, Enum.GetValues<MachineTarget.Act>())),
        new("bytes-vfio", "messages of a vfio-user client, whole and broken, and the descriptors that come with them", () =>
            new VfioTarget()),
    ];
}
