using NvmeDoorbell.Controller;
using NvmeDoorbell.Pci;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// A controller that nobody attacks, and its valid driver, which must not notice what happens to others, but for resets of
/// the subsystem that it shares with them. The driver takes completions by interrupt alone, and some of the interrupts are
/// refused for a while.
/// </summary>
internal sealed class Bystander : IDisposable
{
    /// <param name="machine">Whose reactors and RAM it shares.</param>
    /// <param name="name">What reports call it.</param>
    /// <param name="index">Which of the valid drivers.</param>
    /// <param name="faults">Of its interrupts; none of them is lost.</param>
    /// <param name="subsystem">That of the victim, or null for one of its own.</param>
    /// <param name="nsid">The driver's namespace.</param>
    public Bystander(
        FuzzMachine machine, string name, int index, InterruptFaultPlan faults, NvmeSubsystem? subsystem, uint nsid)
    {
        Name = name;
        var counted = new CountedInterrupts();
        Interrupts = new FaultyInterrupts(counted, faults with { Lose = 0 });
        Function = machine.NewFunction(Interrupts, subsystem);
        machine.AddHonestDisk(Function, nsid);
        Disturbances = subsystem is null ? null : new Disturbances();
        Driver = new HonestDriver(machine.Ram, index, Function, Disturbances, machine.Findings, counted) { OwnNsid = nsid };
    }

    public string Name { get; }

    public PciFunction Function { get; }

    public FaultyInterrupts Interrupts { get; }

    /// <summary>Resets of the subsystem; null: it shares none.</summary>
    public Disturbances? Disturbances { get; }

    public HonestDriver Driver { get; }

    public void Dispose()
    {
        Function.Dispose();
        Interrupts.Dispose();
    }
}
