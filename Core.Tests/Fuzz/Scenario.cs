namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>What a target runs: the things under attack, the attack, and those who must not be hurt by it.</summary>
internal abstract class Scenario
{
    public Findings Findings { get; } = new();

    /// <summary>Threads that use the device as it is meant to be used, beside the hostile ones.</summary>
    public virtual IReadOnlyList<(string Name, Action<Worker> Step)> Companions => [];

    /// <summary>The most threads that may attack at once.</summary>
    public virtual int MaxThreads => int.MaxValue;

    /// <summary>A file with the input that was found to be wrong, where there is one.</summary>
    public string? Input { get; protected set; }

    /// <summary>Whether all who must not be hurt have done something: before that a run has shown nothing.</summary>
    public virtual bool HasBegun => true;

    /// <summary>What has happened to the device, to be read after <see cref="Finish"/>.</summary>
    public virtual string Summary => "";

    /// <summary>One hostile step. Every hostile thread calls this over and over.</summary>
    public abstract void Attack(Worker worker);

    /// <summary>All threads have ended: what is under way is finished, all is freed, and what is left over is told.</summary>
    public abstract void Finish();
}
