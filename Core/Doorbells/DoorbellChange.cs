namespace NvmeDoorbell.Doorbells;

/// <summary>How a wait on a doorbell ended.</summary>
/// <param name="Outcome"><see cref="DoorbellPoll.Ready"/> or <see cref="DoorbellPoll.Closed"/>.</param>
/// <param name="Value">The newest value where it is Ready, else the last one seen.</param>
public readonly record struct DoorbellChange(DoorbellPoll Outcome, uint Value);
