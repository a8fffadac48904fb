namespace NvmeDoorbell.Controller;

/// <summary>What a controller counts itself; what I/O tasks count is added up from them.</summary>
internal sealed class ControllerCounters
{
    private readonly long _createdAt = Environment.TickCount64;
    private long _adminCommands;
    private long _adminErrors;
    private long _invalidRings;

    /// <summary>Admin commands completed.</summary>
    public ulong AdminCommands => (ulong)Volatile.Read(ref _adminCommands);

    /// <summary>Of those, the ones with a status other than success.</summary>
    public ulong AdminErrors => (ulong)Volatile.Read(ref _adminErrors);

    /// <summary>Doorbell writes that were ignored.</summary>
    public ulong InvalidRings => (ulong)Volatile.Read(ref _invalidRings);

    /// <summary>How long the controller has existed.</summary>
    public TimeSpan Age => TimeSpan.FromMilliseconds(Environment.TickCount64 - _createdAt);

    /// <summary>An admin command has completed. The admin task only.</summary>
    public void CountAdminCommand(bool isError)
    {
        Volatile.Write(ref _adminCommands, _adminCommands + 1);
        if (isError)
            Volatile.Write(ref _adminErrors, _adminErrors + 1);
    }

    /// <summary>A doorbell write was ignored. Any thread.</summary>
    public void CountInvalidRing() => Interlocked.Increment(ref _invalidRings);
}
