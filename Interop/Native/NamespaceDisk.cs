using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>The disk of a namespace, in parts.</summary>
/// <param name="Disk">What the controller uses: the outermost, which owns the others.</param>
/// <param name="Faults">The faults in front of it, or null.</param>
/// <param name="Native">The callbacks behind it, or null.</param>
internal readonly record struct NamespaceDisk(IDisk Disk, FaultyDisk? Faults, NativeDisk? Native);
