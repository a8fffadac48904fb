using Microsoft.Win32.SafeHandles;

namespace NvmeDoorbell.VfioUser.Transport;

/// <summary>A file descriptor that this process owns. Closed once, when the last use of it has ended.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor(int number)
        : base(ownsHandle: true) => SetHandle(number);

    /// <summary>The number itself. It means this descriptor for as long as the object is not disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
