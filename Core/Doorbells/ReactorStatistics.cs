namespace NvmeDoorbell.Doorbells;

/// <summary>What a reactor has done since it was made.</summary>
/// <param name="Turns">Times round its loop.</param>
/// <param name="Wakes">Tasks made ready by a ring, a completion or a message.</param>
/// <param name="SpuriousWakes">Of those, tasks that found nothing to do.</param>
/// <param name="Sleeps">Times a task went to sleep.</param>
/// <param name="Parks">Times the thread parked.</param>
public readonly record struct ReactorStatistics(long Turns, long Wakes, long SpuriousWakes, long Sleeps, long Parks);
