using System.Runtime.InteropServices;

namespace NvmeDoorbell.Memory;

/// <summary>
/// A stretch of guest RAM in host address space. Laid out as <c>struct iovec</c> (and <c>nvmedb_segment</c> of the C
/// header), so that an array of them can be given to the operating system as it is.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct GuestSegment
{
    private readonly nint _address;
    private readonly nuint _lengthBytes;

    /// <summary>A stretch of <paramref name="lengthBytes"/> bytes from host address <paramref name="address"/>.</summary>
    public GuestSegment(nint address, nuint lengthBytes)
    {
        _address = address;
        _lengthBytes = lengthBytes;
    }

    /// <summary>Host address of the first byte.</summary>
    public nint Address => _address;

    /// <summary>Length in bytes.</summary>
    public nuint LengthBytes => _lengthBytes;

    /// <summary>
    /// The bytes themselves. The guest may change them at any time: copy before validating. Valid for as long as the
    /// host address is.
    /// </summary>
    /// <exception cref="OverflowException">The stretch is longer than <see cref="int.MaxValue"/> bytes.</exception>
    public Span<byte> Span
    {
        get
        {
            int length = checked((int)_lengthBytes);
            unsafe
            {
                // SAFETY: whoever made the segment holds address and length to be mapped while the segment is in use
                // (GuestMemory translates and pins); the length has just been checked to fit.
                return new Span<byte>((void*)_address, length);
            }
        }
    }
}
