using System.Runtime.InteropServices;

namespace NvmeDoorbell.Spec;

/// <summary>
/// A Scatter Gather List descriptor, 16 bytes, little-endian. Base Specification 2.0, "Scatter Gather List", figures "SGL
/// Descriptor Format" and those of the types. A bit bucket has no address.
/// </summary>
/// <param name="Address">Guest address of the data or of the segment, bytes 7:0.</param>
/// <param name="LengthAndIdentifier">
/// Length in bytes in 31:0, SGL Descriptor Sub Type in 59:56, SGL Descriptor Type in 63:60.
/// </param>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
public readonly record struct SglDescriptor(ulong Address, ulong LengthAndIdentifier)
{
    /// <summary>Length of a descriptor in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>A descriptor with an address, sub type 0.</summary>
    public SglDescriptor(SglDescriptorType type, ulong address, uint lengthBytes)
        : this(address, lengthBytes | ((ulong)type << 60))
    {
    }

    /// <summary>Length in bytes of the data or of the segment.</summary>
    public uint LengthBytes => (uint)LengthAndIdentifier;

    /// <summary>SGL Descriptor Type.</summary>
    public SglDescriptorType Type => (SglDescriptorType)(LengthAndIdentifier >> 60);

    /// <summary>SGL Descriptor Sub Type; 0: the address is an address.</summary>
    public byte SubType => (byte)((LengthAndIdentifier >> 56) & 0xF);
}
