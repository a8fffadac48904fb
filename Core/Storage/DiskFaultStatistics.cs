namespace NvmeDoorbell.Storage;

/// <summary>What a <see cref="FaultyDisk"/> has done wrong since it was made.</summary>
/// <param name="Failed">Requests that failed, or will when they are let go.</param>
/// <param name="Stalled">Requests held back for a time.</param>
/// <param name="Reordered">Requests completed by another thread, in any order.</param>
/// <param name="Kept">Requests kept until <see cref="FaultyDisk.Release"/>.</param>
/// <param name="CaughtTwice">Second completions that had no effect, as it has to be.</param>
/// <param name="MissedTwice">Second completions that were taken for the first: a defect in who made the request, so 0.</param>
/// <param name="Held">Requests that it holds or keeps now.</param>
public readonly record struct DiskFaultStatistics(
    long Failed, long Stalled, long Reordered, long Kept, long CaughtTwice, long MissedTwice, int Held);
