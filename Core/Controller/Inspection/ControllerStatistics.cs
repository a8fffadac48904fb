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
public readonly record struct ControllerStatistics(
    bool IsReady,
    ulong Commands,
    ulong AdminCommands,
    ulong Errors,
    ulong InvalidRings,
    ulong Interrupts,
    ulong BytesRead,
    ulong BytesWritten);
