namespace NvmeDoorbell.Storage;

/// <summary>
/// What a <see cref="FaultyDisk"/> does wrong and how often, each as one request in so many; 0: not at all. The same
/// plan on the same sequence of requests makes the same choices.
/// </summary>
/// <remarks>
/// As text: parts separated by commas, <c>fail=N</c>, <c>stall=N</c>, <c>twice=N</c>, <c>never=N</c>,
/// <c>reorder=N</c>, <c>seed=N</c>. Immutable.
/// </remarks>
public sealed record DiskFaultPlan
{
    /// <summary>One in so many requests fails: Read Error, or Write Fault for what writes.</summary>
    public uint Fail { get; init; }

    /// <summary>One in so many is held back until nothing else has come for 10 ms.</summary>
    public uint Stall { get; init; }

    /// <summary>One in so many is completed a second time, with another status.</summary>
    public uint Twice { get; init; }

    /// <summary>One in so many is kept until <see cref="FaultyDisk.Release"/>.</summary>
    public uint Never { get; init; }

    /// <summary>One in so many is completed by another thread, in any order with others of its kind.</summary>
    public uint Reorder { get; init; }

    /// <summary>What the choices are derived from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Reads a plan from text.</summary>
    /// <param name="text">As in the remarks; empty: no faults.</param>
    /// <exception cref="FormatException">A part is not known, or its number is none.</exception>
    public static DiskFaultPlan Parse(string text) =>
        FaultPlanText.Read(text, new DiskFaultPlan(), static (plan, name, number) => name switch
        {
            "fail" => plan with { Fail = (uint)number },
            "stall" => plan with { Stall = (uint)number },
            "twice" => plan with { Twice = (uint)number },
            "never" => plan with { Never = (uint)number },
            "reorder" => plan with { Reorder = (uint)number },
            "seed" => plan with { Seed = number },
            _ => null,
        });
}
