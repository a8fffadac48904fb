namespace NvmeDoorbell.Pci;

/// <summary>An entry of the MSI-X table as the guest programmed it (PCI Express Base 7.7.2).</summary>
/// <param name="Address">Message address.</param>
/// <param name="Data">Message data.</param>
public readonly record struct MsixMessage(ulong Address, uint Data);
