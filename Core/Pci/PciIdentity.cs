namespace NvmeDoorbell.Pci;

/// <summary>The identifiers in a function's header.</summary>
internal readonly record struct PciIdentity(
    ushort VendorId, ushort DeviceId, ushort SubsystemVendorId, ushort SubsystemId);
