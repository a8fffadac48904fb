using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// Two controllers on the same reactors and guest RAM: the victim, which hostile threads attack, and its neighbour,
/// which nobody touches and whose valid driver must not notice anything.
/// </summary>
internal sealed class FuzzMachine
{
    /// <summary>Between hostile namespaces and that of the valid drivers: in no list of identifiers does one that makes
    /// an entry of a queue a write stand before it.</summary>
    private const uint SpacerNsid = 770;

    private readonly Reactor[] _reactors;
    private readonly List<IDisk> _disks = [];
    private readonly Lock _disksLock = new();
    private readonly Timer _releases;
    private readonly Worker _finisher = new("finish", 1);

    /// <param name="findings">Where oracles tell.</param>
    /// <param name="isShared">A valid driver uses the victim too, and owns its admin queue.</param>
    /// <param name="faults">What hostile disks do wrong.</param>
    /// <param name="honestDisk">What is put in front of the valid driver's disk on the victim or its neighbour.</param>
    public FuzzMachine(Findings findings, bool isShared, DiskFaultPlan faults, Func<IDisk, IDisk>? honestDisk = null)
    {
        Findings = findings;
        Faults = faults;
        Ram = new FuzzRam(drivers: 2);
        _reactors = [.. Enumerable.Range(0, 2).Select(index => new Reactor(new ReactorOptions { Name = $"reactor {index}" }))];
        Victim = NewFunction();
        Neighbour = NewFunction();
        honestDisk ??= disk => disk;
        for (uint nsid = 2; nsid <= 4; nsid++)
            Victim.Controller.AddNamespace(nsid, Keep(HostileDisk(nsid)));
        foreach (PciFunction function in (PciFunction[])[Victim, Neighbour])
        {
            function.Controller.AddNamespace(SpacerNsid, Keep(new NullDisk(1 << 20)));
            function.Controller.AddNamespace(HonestDriver.Nsid, Keep(honestDisk(new RamDisk(HonestDriver.DiskBytes))));
        }
        Disturbances = new Disturbances();
        if (isShared)
            Driver = new HonestDriver(Ram, 0, Victim, Disturbances, findings) { OnUp = worker => AdminActs.CreateQueues(this, worker) };
        NeighbourDriver = new HonestDriver(Ram, 1, Neighbour, null, findings);
        _releases = new Timer(_ => ReleaseAll(), null, 100, 100);
    }

    public Findings Findings { get; }

    public string Summary { get; private set; } = "";

    public int NamespaceRemovals { get; set; }

    public DiskFaultPlan Faults { get; }

    public FuzzRam Ram { get; }

    public PciFunction Victim { get; }

    public PciFunction Neighbour { get; }

    /// <summary>The valid driver of the victim, or null.</summary>
    public HonestDriver? Driver { get; }

    public HonestDriver NeighbourDriver { get; }

    public Disturbances Disturbances { get; }

    public HostileQueue[] Queues { get; } =
        [.. Enumerable.Range(HostileQueue.First, HostileQueue.Count).Select(id => new HostileQueue(id))];

    /// <summary>Namespaces that come and go.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<uint, IDisk> Namespaces { get; } = new();

    /// <summary>Of doorbells: the first that hostile threads may ring.</summary>
    public int FirstDoorbell => Driver is null ? 0 : 2 * HostileQueue.First;

    /// <summary>A reset by a hostile thread: at any time where there is no valid driver, else when one is due.</summary>
    public void Disturb(FuzzRandom random, bool isLawless, Action reset)
    {
        if (Driver is null)
            reset();
        else
            Disturbances.TryDisturb(random, isLawless, reset);
    }

    public IDisk HostileDisk(uint kind) => (kind % 3) switch
    {
        0 => new NullDisk(16 << 20, 4096),
        1 => new FaultyDisk(new RamDisk(1 << 20, 4096), Faults with { Seed = (int)kind }),
        _ => new FaultyDisk(new RamDisk(1 << 20), Faults with { Seed = (int)kind }),
    };

    public T Keep<T>(T disk)
        where T : IDisk
    {
        lock (_disksLock)
            _disks.Add(disk);
        return disk;
    }

    public void Release(IDisk disk)
    {
        lock (_disksLock)
            _disks.Remove(disk);
        Close(disk);
    }

    /// <summary>Everything is freed, in the order in which an embedder does it, and nothing is left over.</summary>
    public void Finish()
    {
        Driver?.Finish(_finisher);
        NeighbourDriver.Finish(_finisher);
        Summarise();
        Victim.Dispose();
        Neighbour.Dispose();
        _releases.Dispose();
        foreach (Reactor reactor in _reactors)
            Findings.Expect(reactor.TaskCount == 0, $"{reactor.TaskCount} tasks are left on a reactor");
        Ram.RemoveAll(Findings);
        lock (_disksLock)
            _disks.ForEach(Close);
        if (Array.Exists(_reactors, reactor => reactor.TaskCount != 0))
            return;
        Array.ForEach(_reactors, reactor => reactor.Dispose());
        Ram.Dispose();
    }

    /// <summary>What has come of it: a run in which nothing happened has shown nothing.</summary>
    private void Summarise()
    {
        ControllerStatistics statistics = Victim.Controller.GetStatistics();
        Summary = $"victim: {statistics.Commands} commands, {statistics.AdminCommands} admin, {statistics.Errors} errors, "
            + $"{statistics.InvalidRings} bad rings; valid: {(Driver?.Completed ?? 0) + NeighbourDriver.Completed} commands, "
            + $"{Math.Max(0, (Driver?.Recoveries ?? 0) - 1)} recoveries; {Ram.Removals} regions removed, "
            + $"{NamespaceRemovals} namespaces removed";
        Findings.Expect(NeighbourDriver.Completed > 0 && Driver is not { Completed: 0 }, "vacuous: a valid driver did nothing");
    }

    private PciFunction NewFunction() => new(new NvmeControllerOptions
    {
        Memory = Ram.Memory,
        Reactors = _reactors,
        MaxQueuePairs = 15,
        MaxTransferBytes = 128 << 10,
    });

    private void ReleaseAll()
    {
        lock (_disksLock)
            _disks.ForEach(disk => (disk as FaultyDisk)?.Release());
    }

    private void Close(IDisk disk)
    {
        if (disk is FaultyDisk faulty)
        {
            Findings.Expect(faulty.HeldCount == 0, $"{faulty.HeldCount} requests have not returned from a disk");
            Findings.Expect(faulty.MissedTwice == 0, $"{faulty.MissedTwice} second completions were not caught");
        }
        disk.Dispose();
    }
}
