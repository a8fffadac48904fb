using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Interop.Native;

/// <summary>What a namespace can be added to: a subsystem, or a controller.</summary>
internal abstract class NamespaceOwner : NativeObject
{
    /// <summary>Where the namespace goes in the end.</summary>
    public abstract NvmeSubsystem Subsystem { get; }

    /// <summary>Adds a namespace; the disk belongs to the owner from now on.</summary>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    public abstract uint AddNamespace(uint nsid, NamespaceDisk disk);

    /// <summary>The disk of a namespace, of one too that has been removed while the disk kept a request.</summary>
    public abstract NamespaceDisk? FindDisk(uint nsid);

    /// <summary>Takes a namespace away and disposes of its disk.</summary>
    public abstract int RemoveNamespace(uint nsid);
}
