namespace NvmeDoorbell.Pci;

/// <summary>What <see cref="FaultyInterrupts"/> have done wrong since they were made.</summary>
/// <param name="Refused">Messages and changes of the line's level that were refused at first.</param>
/// <param name="Lost">Messages that were never delivered.</param>
/// <param name="Pending">Vectors that have a refused message pending now, and one for the line if its level is.</param>
public readonly record struct InterruptFaultStatistics(long Refused, long Lost, int Pending);
