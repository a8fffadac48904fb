using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// Three controllers on the same reactors and guest RAM: the victim, which hostile threads attack; its sibling, of the same
/// subsystem, with which it shares namespaces; and its neighbour, which has nothing to do with either. The valid drivers of
/// the latter two must not notice anything, but the sibling's a reset of the subsystem.
/// </summary>
internal sealed class FuzzMachine
{
    /// <summary>Between hostile namespaces and that of the valid drivers: in no list of identifiers does one that makes
    /// an entry of a queue a write stand before it.</summary>
    private const uint SpacerNsid = 770;

    /// <summary>Namespaces of the subsystem that hostile threads attach to victim and sibling, and detach.</summary>
    private const uint FirstShared = 2;
    private const uint LastShared = 4;

    private readonly Reactor[] _reactors;
    private readonly List<IDisk> _disks = [];
    private readonly Lock _disksLock = new();
    private readonly Timer _releases;
    private readonly FaultyInterrupts _victimInterrupts;
    private readonly Func<IDisk, IDisk> _honestDisk;
    private readonly Bystander? _sibling;
    private readonly Bystander _neighbour;
    private readonly Worker _finisher = new("finish", 1);

    /// <param name="findings">Where oracles tell.</param>
    /// <param name="isShared">A valid driver uses the victim too, and owns its admin queue.</param>
    /// <param name="options">What hostile disks and interrupts do wrong.</param>
    /// <param name="honestDisk">What is put in front of the valid driver's disk on the victim or its neighbour.</param>
    public FuzzMachine(Findings findings, bool isShared, FuzzOptions options, Func<IDisk, IDisk>? honestDisk = null)
    {
        Findings = findings;
        Faults = DiskFaultPlan.Parse(options.DiskFaults);
        InterruptFaultPlan interruptFaults = InterruptFaultPlan.Parse(options.InterruptFaults) with { Seed = (int)options.Seed };
        Ram = new FuzzRam(drivers: 3);
        _reactors = [.. Enumerable.Range(0, 2).Select(index => new Reactor(new ReactorOptions { Name = $"reactor {index}" }))];
        _victimInterrupts = new FaultyInterrupts(new CountedInterrupts(), interruptFaults);
        Victim = NewFunction(_victimInterrupts, Subsystem);
        for (uint nsid = FirstShared; nsid <= LastShared; nsid++)
        {
            Subsystem.AddNamespace(nsid, Keep(HostileDisk(nsid)));
            Subsystem.AttachNamespace(nsid, Victim.Controller);
        }
        Victim.Controller.AddNamespace(SpacerNsid, Keep(new NullDisk(1 << 20)));
        _honestDisk = honestDisk ?? (disk => disk);
        if (isShared)
        {
            AddHonestDisk(Victim, HonestDriver.Nsid);
            Driver = new HonestDriver(Ram, 0, Victim, Disturbances, findings) { OnUp = worker => AdminActs.CreateQueues(this, worker) };
            // A guest with an admin queue of its own may end every namespace of its subsystem: there is no sibling there.
            _sibling = new Bystander(this, "sibling", 1, interruptFaults, Subsystem, HonestDriver.SiblingNsid);
            for (uint nsid = FirstShared; nsid <= LastShared; nsid++)
                Subsystem.AttachNamespace(nsid, _sibling.Function.Controller);
        }
        _neighbour = new Bystander(this, "neighbour", 2, interruptFaults, null, HonestDriver.Nsid);
        _releases = new Timer(_ => ReleaseAll(), null, 100, 100);
    }

    public Findings Findings { get; }

    public string Summary { get; private set; } = "";

    public int NamespaceRemovals { get; set; }

    public DiskFaultPlan Faults { get; }

    public FuzzRam Ram { get; }

    public PciFunction Victim { get; }

    public NvmeSubsystem Subsystem { get; } = new();

    /// <summary>Those whose valid drivers must not notice anything: the neighbour, and a sibling where there is one.</summary>
    public IEnumerable<Bystander> Bystanders => _sibling is null ? [_neighbour] : [_sibling, _neighbour];

    /// <summary>The valid driver of the victim, or null.</summary>
    public HonestDriver? Driver { get; }

    public Disturbances Disturbances { get; } = new();

    public HostileQueue[] Queues { get; } =
        [.. Enumerable.Range(HostileQueue.First, HostileQueue.Count).Select(id => new HostileQueue(id))];

    /// <summary>Namespaces that come and go.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<uint, IDisk> Namespaces { get; } = new();

    /// <summary>Every valid driver has completed something.</summary>
    public bool HasBegun => Bystanders.All(each => each.Driver.Completed > 0) && Driver is not { Completed: 0 };

    /// <summary>Of doorbells: the first that hostile threads may ring.</summary>
    public int FirstDoorbell => Driver is null ? 0 : 2 * HostileQueue.First;

    /// <summary>Takes a shared namespace from one of the two controllers, or gives it back.</summary>
    public void ToggleAttachment(FuzzRandom random)
    {
        uint nsid = FirstShared + 1 + random.Below(LastShared - FirstShared);
        NvmeController controller = (_sibling is null || random.OneIn(2) ? Victim : _sibling.Function).Controller;
        try
        {
            if (!Subsystem.DetachNamespace(nsid, controller))
                Subsystem.AttachNamespace(nsid, controller);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // Another thread was first, or the guest has deleted it.
        }
    }

    /// <summary>A reset by a hostile thread: at any time where there is no valid driver, else when one is due.</summary>
    public void Disturb(FuzzRandom random, bool isLawless, Action reset)
    {
        if (Driver is null)
            reset();
        else
            Disturbances.TryDisturb(random, isLawless, reset);
    }

    /// <summary>
    /// An NVM Subsystem Reset, which the sibling's driver has to live through too; by the guest of the victim, or that of
    /// the sibling, which shares the subsystem.
    /// </summary>
    /// <param name="random">Chooses whose.</param>
    /// <param name="reset">Makes it, by a controller of the subsystem.</param>
    public void DisturbSubsystem(FuzzRandom random, Action<PciFunction> reset)
    {
        PciFunction function = _sibling is not null && random.OneIn(2) ? _sibling.Function : Victim;
        if (Driver is null)
            reset(function);
        else if (_sibling is { Disturbances: { } siblings })
            Disturbances.TryDisturb(random, isLawless: false, () => siblings.TryDisturb(random, isLawless: false, () =>
            {
                siblings.CountSubsystemReset();
                Disturbances.CountSubsystemReset();
                reset(function);
            }));
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
        foreach (Bystander bystander in Bystanders)
            bystander.Driver.Finish(_finisher);
        Summarise();
        Victim.Dispose();
        _victimInterrupts.Dispose();
        foreach (Bystander bystander in Bystanders)
            bystander.Dispose();
        Subsystem.Dispose();
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
            + $"{statistics.InvalidRings} bad rings; valid: {(Driver?.Completed ?? 0) + Bystanders.Sum(each => each.Driver.Completed)} commands, "
            + $"{Math.Max(0, (Driver?.Recoveries ?? 0) - 1)} recoveries, {Disturbances.SubsystemResets} subsystem resets; {Ram.Removals} regions removed, "
            + $"{NamespaceRemovals} namespaces removed; "
            + $"{_victimInterrupts.GetStatistics().Refused + Bystanders.Sum(each => each.Interrupts.GetStatistics().Refused)} "
            + "interrupts refused";
        Findings.Expect(HasBegun, "vacuous: a valid driver did nothing");
    }

    /// <summary>The namespace of a valid driver, on a disk without faults.</summary>
    public void AddHonestDisk(PciFunction function, uint nsid) =>
        function.Controller.AddNamespace(nsid, Keep(_honestDisk(new RamDisk(HonestDriver.DiskBytes))));

    public PciFunction NewFunction(FaultyInterrupts interrupts, NvmeSubsystem? subsystem) => new(new NvmeControllerOptions
    {
        Memory = Ram.Memory,
        Reactors = _reactors,
        Subsystem = subsystem,
        MaxQueuePairs = 15,
        MaxTransferBytes = 128 << 10,
    }, interrupts);

    private void ReleaseAll()
    {
        lock (_disksLock)
            _disks.ForEach(disk => (disk as FaultyDisk)?.Release());
    }

    private void Close(IDisk disk)
    {
        if (disk is FaultyDisk faulty)
        {
            DiskFaultStatistics faults = faulty.GetStatistics();
            Findings.Expect(faults.Held == 0, $"{faults.Held} requests have not returned from a disk");
            Findings.Expect(faults.MissedTwice == 0, $"{faults.MissedTwice} second completions were not caught");
        }
        disk.Dispose();
    }
}
