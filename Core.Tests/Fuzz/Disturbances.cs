namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// Resets of a controller by hostile threads, counted so that its valid driver knows of them: odd while one is being
/// made. Between two of them the driver gets something done, or its recovery would never be tested to its end.
/// </summary>
internal sealed class Disturbances
{
    private const int LeastProgress = 200;

    private readonly Lock _lock = new();
    private long _count;
    private long _subsystemResets;
    private long _progress;

    /// <summary>The last one broke the rules of the specification: only the embedder's reset helps.</summary>
    public bool IsLawless { get; private set; }

    public long Count => Interlocked.Read(ref _count);

    /// <summary>How many of them were NVM Subsystem Resets.</summary>
    public long SubsystemResets => Interlocked.Read(ref _subsystemResets);

    /// <summary>The valid driver has completed commands.</summary>
    public void Progress(int commands) => Interlocked.Add(ref _progress, commands);

    /// <summary>The one that is about to be made is an NVM Subsystem Reset: CSTS.NSSRO will say so.</summary>
    public void CountSubsystemReset() => Interlocked.Increment(ref _subsystemResets);

    /// <summary>Makes a reset if one is due.</summary>
    public bool TryDisturb(FuzzRandom random, bool isLawless, Action reset)
    {
        if (Interlocked.Read(ref _progress) < LeastProgress + random.Below(2000) || !_lock.TryEnter())
            return false;
        try
        {
            Interlocked.Exchange(ref _progress, 0);
            Interlocked.Increment(ref _count);
            IsLawless = isLawless;
            reset();
            return true;
        }
        finally
        {
            Interlocked.Increment(ref _count);
            _lock.Exit();
        }
    }
}
