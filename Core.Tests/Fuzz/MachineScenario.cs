using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Hostile acts against a controller, chosen by weight, beside valid drivers.</summary>
internal sealed class MachineScenario : Scenario
{
    private readonly FuzzMachine _machine;
    private readonly Act[] _acts;
    private readonly uint _vanish;

    /// <param name="isShared">A valid driver uses the victim too.</param>
    /// <param name="options">What disks, interrupts and memory do wrong.</param>
    /// <param name="acts">What hostile threads do, and how often.</param>
    /// <param name="honestDisk">What is put in front of the valid drivers' disks.</param>
    public MachineScenario(
        bool isShared, FuzzOptions options, (Act Act, int Weight)[] acts, Func<IDisk, IDisk>? honestDisk = null)
    {
        _machine = new FuzzMachine(Findings, isShared, options, honestDisk);
        _vanish = MemoryFaultPlan.Parse(options.MemoryFaults).Vanish;
        _acts = [.. acts.SelectMany(each => Enumerable.Repeat(each.Act, each.Weight))];
    }

    public delegate void Act(FuzzMachine machine, Worker worker);

    public override IReadOnlyList<(string Name, Action<Worker> Step)> Companions =>
    [
        .. _machine.Driver is { } driver ? [("valid driver", (Action<Worker>)driver.Step)] : Array.Empty<(string, Action<Worker>)>(),
        .. _machine.Bystanders.Select(each => (each.Name, (Action<Worker>)each.Driver.Step)),
    ];

    public override bool HasBegun => _machine.HasBegun;

    public override string Summary => _machine.Summary;

    public override void Attack(Worker worker)
    {
        if (_vanish != 0 && worker.Random.OneIn(_vanish))
            EmbedderActs.ToggleRegion(_machine, worker);
        worker.Random.Pick<Act>(_acts)(_machine, worker);
        worker.Count();
    }

    public override void Finish() => _machine.Finish();
}
