namespace NvmeDoorbell.VfioUser.Regions;

/// <summary>The regions of a PCI device (<c>VFIO_PCI_*_REGION_INDEX</c>) that this one has something in.</summary>
internal enum RegionIndex : uint
{
    Bar0 = 0,
    Configuration = 7,
}
