using System.Runtime.InteropServices;

namespace NvmeDoorbell.VfioUser.Messages;

/// <summary>The data of the feature that is a device's state of migration.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceState
{
    public const int SizeBytes = 8;

    public uint State;

    /// <summary>Not used: data goes by messages.</summary>
    public int DataDescriptor;
}
