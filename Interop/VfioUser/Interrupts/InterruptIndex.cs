namespace NvmeDoorbell.VfioUser.Interrupts;

/// <summary>The interrupt types of a PCI device (<c>VFIO_PCI_*_IRQ_INDEX</c>).</summary>
internal enum InterruptIndex : uint
{
    Intx = 0,
    Msi = 1,
    Msix = 2,
    Error = 3,
    Request = 4,
}
