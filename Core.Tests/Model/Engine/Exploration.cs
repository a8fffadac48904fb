namespace NvmeDoorbell.Model.Engine;

/// <summary>What exploring a scenario has come to.</summary>
internal sealed class Exploration
{
    public MemoryOrder Order { get; init; }

    /// <summary>Most preemptions; negative: all.</summary>
    public int Bound { get; init; }

    public bool IsCausal { get; init; }

    /// <summary>Every interleaving within the bound has been covered.</summary>
    public bool IsExhausted { get; set; }

    public string? Failure { get; set; }

    /// <summary>The schedule that fails.</summary>
    public string? Schedule { get; set; }

    /// <summary>Executions started.</summary>
    public long Schedules { get; set; }

    /// <summary>Of those, the ones that came to an end in a state of their own.</summary>
    public long Ends { get; set; }

    public long States { get; set; }

    /// <summary>Operations executed, repetitions included.</summary>
    public long Steps { get; set; }

    /// <summary>How often exploration began again because a cell proved shared.</summary>
    public int Restarts { get; set; }

    public TimeSpan Elapsed { get; set; }

    public SortedSet<string> Outcomes { get; } = new(StringComparer.Ordinal);
}
