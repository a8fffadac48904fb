using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>Hostile acts against a controller, chosen by weight, beside valid drivers.</summary>
internal sealed class MachineScenario : Scenario
{
    private readonly FuzzMachine _machine;
    private readonly Act[] _acts;

    /// <param name="isShared">A valid driver uses the victim too.</param>
    /// <param name="faults">What hostile disks do wrong.</param>
    /// <param name="acts">What hostile threads do, and how often.</param>
    /// <param name="honestDisk">What is put in front of the valid drivers' disks.</param>
    public MachineScenario(
        bool isShared, DiskFaultPlan faults, (Act Act, int Weight)[] acts, Func<IDisk, IDisk>? honestDisk = null)
    {
        _machine = new FuzzMachine(Findings, isShared, faults, honestDisk);
        _acts = [.. acts.SelectMany(each => Enumerable.Repeat(each.Act, each.Weight))];
    }

    public delegate void Act(FuzzMachine machine, Worker worker);

    public override IReadOnlyList<(string Name, Action<Worker> Step)> Companions => _machine.Driver is { } driver
        ? [("valid driver", driver.Step), ("neighbour", _machine.NeighbourDriver.Step)]
        : [("neighbour", _machine.NeighbourDriver.Step)];

    public override string Summary => _machine.Summary;

    public override void Attack(Worker worker)
    {
        worker.Random.Pick<Act>(_acts)(_machine, worker);
        worker.Count();
    }

    public override void Finish() => _machine.Finish();
}
