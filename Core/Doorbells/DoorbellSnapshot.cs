namespace NvmeDoorbell.Doorbells;

/// <summary>A doorbell at a moment, for people who look for what is wrong.</summary>
/// <param name="Id">Its number: 2y for the tail of submission queue y, 2y + 1 for the head of completion queue y.</param>
/// <param name="Home">Where its value lives.</param>
/// <param name="Value">The value; 0 while closed.</param>
/// <param name="EventIdx">What the guest reads as EventIdx; null where the home is no shadow page.</param>
/// <param name="Limit">Values at or above it are refused; 0 while closed.</param>
/// <param name="Sleeper">What its follower does.</param>
public readonly record struct DoorbellSnapshot(
    int Id, DoorbellHomeKind Home, uint Value, uint? EventIdx, uint Limit, DoorbellSleeper Sleeper);
