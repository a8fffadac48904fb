using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>The disk of a namespace, in parts.</summary>
/// <param name="disk">What the controller uses: the outermost, which owns the others.</param>
/// <param name="faults">The faults in front of it, or null.</param>
/// <param name="native">The callbacks behind it, or null.</param>
internal sealed class NamespaceDisk(IDisk disk, FaultyDisk? faults, NativeDisk? native)
{
    public IDisk Disk => disk;

    public FaultyDisk? Faults => faults;

    public NativeDisk? Native => native;

    /// <summary>The namespace, once it has been added.</summary>
    public uint Nsid { get; set; }
}
