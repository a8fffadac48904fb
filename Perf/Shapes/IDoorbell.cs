namespace NvmeDoorbell.Perf.Shapes;

/// <summary>
/// A doorbell as a user might write it: one value, one follower. The value is what was rung last; the follower sleeps
/// until it has changed.
/// </summary>
internal interface IDoorbell
{
    /// <summary>Stores the value and wakes the follower if it sleeps. Any thread.</summary>
    void Ring(uint value);

    /// <summary>Completes with true once the value has changed since the last <see cref="Take"/>. One at a time.</summary>
    ValueTask<bool> WaitAsync();

    /// <summary>The newest value, now seen. The follower calls it after each wait.</summary>
    uint Take();
}
