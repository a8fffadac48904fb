using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A small program, every execution of which is to be right.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="About">What it shows, in a sentence.</param>
/// <param name="Build">Makes the objects and threads of one execution.</param>
internal sealed record Scenario(string Name, string About, Action<World> Build)
{
    /// <summary>
    /// The memory orders it is explored under. Whatever can happen in the others can happen in the weak one, so that one
    /// stands for all.
    /// </summary>
    public IReadOnlyList<MemoryOrder> Orders { get; init; } = [MemoryOrder.Weak];

    /// <summary>Most preemptions; negative, or asked to go deep: all interleavings.</summary>
    public int Bound { get; init; } = -1;

    /// <summary>
    /// States are told apart by which write each thread has read, not by what it read. More states; right without the
    /// condition that shared managed fields outside cells are written under a lock or by the winner of a cell alone.
    /// </summary>
    public bool IsCausal { get; init; }

    /// <summary>Exactly these outcomes must be reachable, for each order; null: no outcomes are collected.</summary>
    public Func<MemoryOrder, string[]>? Outcomes { get; init; }

    /// <summary>A part of the failure that must be found: for tests of the checker. Null: none may be.</summary>
    public string? Failure { get; init; }
}
