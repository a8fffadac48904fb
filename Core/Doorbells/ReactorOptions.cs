namespace NvmeDoorbell.Doorbells;

/// <summary>How a <see cref="Reactor"/> runs.</summary>
public sealed record ReactorOptions
{
    /// <summary>How it waits for work.</summary>
    public ReactorPolling Polling { get; init; }

    /// <summary>The longest polling without work before a task sleeps, 1 µs to 1 s.</summary>
    public TimeSpan PollMax { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>True: a thread of its own runs it. False: the caller's threads do, by <see cref="Reactor.Run"/>.</summary>
    public bool OwnThread { get; init; } = true;

    /// <summary>The processor that its own thread is pinned to, where the system can; null: any.</summary>
    public int? Cpu { get; init; }

    /// <summary>Name of its own thread.</summary>
    public string Name { get; init; } = "nvmedb-reactor";
}
