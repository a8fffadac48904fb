namespace NvmeDoorbell.Controller;

/// <summary>What a controller counts itself; what I/O tasks count is added up from them.</summary>
internal sealed class ControllerCounters
{
    /// <summary>The longest time that is taken over from another controller: some thousand years.</summary>
    public const ulong MaxAgeMs = 1ul << 47;

    private long _createdAt = Environment.TickCount64;
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
    public TimeSpan Age => TimeSpan.FromMilliseconds(AgeMs);

    private long AgeMs => Environment.TickCount64 - Volatile.Read(ref _createdAt);

    public void Save(StateWriter writer)
    {
        writer.Write((ulong)AgeMs);
        writer.Write(AdminCommands);
        writer.Write(AdminErrors);
        writer.Write(InvalidRings);
    }

    public Action Read(ref StateReader reader)
    {
        ulong ageMs = reader.ReadUInt64();
        reader.Require(ageMs <= MaxAgeMs, "a controller cannot be that old");
        ulong commands = reader.ReadUInt64();
        ulong errors = reader.ReadUInt64();
        ulong rings = reader.ReadUInt64();
        return () =>
        {
            Volatile.Write(ref _createdAt, Environment.TickCount64 - (long)ageMs);
            Volatile.Write(ref _adminCommands, (long)commands);
            Volatile.Write(ref _adminErrors, (long)errors);
            Volatile.Write(ref _invalidRings, (long)rings);
        };
    }

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
