namespace NvmeDoorbell.Pci;

/// <summary>Bits of the Command register.</summary>
[Flags]
internal enum PciCommand
{
    None = 0,
    MemorySpace = 1 << 1,
    BusMaster = 1 << 2,
    ParityErrorResponse = 1 << 6,
    SystemError = 1 << 8,
    InterruptDisable = 1 << 10,
}
