using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Pci;

/// <summary>
/// What <see cref="FaultyInterrupts"/> do wrong and how often, each as one in so many; 0: not at all. The same plan on
/// the same sequence of interrupts makes the same choices.
/// </summary>
/// <remarks>
/// As text: parts separated by commas, <c>refuse=N</c>, <c>lose=N</c>, <c>seed=N</c>. Immutable.
/// </remarks>
public sealed record InterruptFaultPlan
{
    /// <summary>
    /// One in so many messages and changes of the line's level is refused: it stays pending, and is delivered 10 ms
    /// later or with the next of its kind that is not refused.
    /// </summary>
    public uint Refuse { get; init; }

    /// <summary>One in so many messages is lost for good. Levels of the line never are.</summary>
    public uint Lose { get; init; }

    /// <summary>What the choices are derived from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Reads a plan from text.</summary>
    /// <param name="text">As in the remarks; empty: no faults.</param>
    /// <exception cref="FormatException">A part is not known, or its number is none.</exception>
    public static InterruptFaultPlan Parse(string text) =>
        FaultPlanText.Read(text, new InterruptFaultPlan(), static (plan, name, number) => name switch
        {
            "refuse" => plan with { Refuse = (uint)number },
            "lose" => plan with { Lose = (uint)number },
            "seed" => plan with { Seed = number },
            _ => null,
        });
}
