namespace NvmeDoorbell.Doorbells;

/// <summary>Where the continuation of <see cref="DoorbellState.WaitAsync"/> runs.</summary>
public enum ResumeOn
{
    /// <summary>The .NET thread pool.</summary>
    ThreadPool,

    /// <summary>The thread that rings, closes or cancels: for continuations that are quick and never block.</summary>
    RingingThread,
}
