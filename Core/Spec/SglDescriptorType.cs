namespace NvmeDoorbell.Spec;

/// <summary>Type of an <see cref="SglDescriptor"/>. Base Specification 2.0, "SGL Descriptor Type".</summary>
public enum SglDescriptorType : byte
{
    /// <summary>A stretch of data.</summary>
    DataBlock = 0x0,

    /// <summary>So many bytes of what is read are thrown away; in what is written it counts for nothing.</summary>
    BitBucket = 0x1,

    /// <summary>Where the next segment lies, which is not the last one.</summary>
    Segment = 0x2,

    /// <summary>Where the last segment lies.</summary>
    LastSegment = 0x3,

    /// <summary>A stretch of data with a key: not over PCIe.</summary>
    KeyedDataBlock = 0x4,

    /// <summary>Data that the transport moves on its own: not over PCIe.</summary>
    TransportDataBlock = 0x5,

    /// <summary>The vendor's.</summary>
    VendorSpecific = 0xF,
}
