namespace NvmeDoorbell.Controller;

/// <summary>What a controller has done since it was created. Counters may be of slightly different moments.</summary>
/// <param name="IsReady">CSTS.RDY.</param>
/// <param name="Commands">I/O commands completed.</param>
/// <param name="AdminCommands">Admin commands completed.</param>
/// <param name="Errors">Of both, those with a status other than success.</param>
/// <param name="InvalidRings">Doorbell writes that were ignored: no such doorbell, closed, bad value or width.</param>
/// <param name="Interrupts">Interrupts raised, masked ones included.</param>
/// <param name="BytesRead">Bytes that the guest has read.</param>
/// <param name="BytesWritten">Bytes that the guest has written.</param>
/// <param name="Doorbells">
/// New values that were found in the doorbells of I/O queues, wherever these live. One that the guest has rung over
/// before the device looked is not counted.
/// </param>
/// <param name="TimedCommands">
/// I/O commands whose time was taken, or for which such a one stands: nearly all, where there have been many.
/// </param>
/// <param name="TimedDuration">
/// The sum of their times: each from the look that found its doorbell value to the end of the turn that posted its
/// completion. Divided by <paramref name="TimedCommands"/> it is the mean latency; that times the rate of commands is how
/// many the device has had at a time.
/// </param>
public readonly record struct ControllerStatistics(
    bool IsReady,
    ulong Commands,
    ulong AdminCommands,
    ulong Errors,
    ulong InvalidRings,
    ulong Interrupts,
    ulong BytesRead,
    ulong BytesWritten,
    ulong Doorbells,
    ulong TimedCommands,
    TimeSpan TimedDuration);
