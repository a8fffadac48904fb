using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Interop.Native;

/// <summary>What a namespace can be added to: a subsystem, or a controller.</summary>
internal interface INamespaceOwner
{
    /// <summary>Where the namespace goes in the end.</summary>
    NvmeSubsystem Subsystem { get; }

    /// <summary>Adds a namespace; the disk belongs to the owner from now on.</summary>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    uint AddNamespace(uint nsid, NamespaceDisk disk);

    /// <summary>The disk of a namespace, of one too that has been removed while the disk kept a request.</summary>
    bool TryFindDisk(uint nsid, out NamespaceDisk disk);

    /// <summary>Takes a namespace away and disposes of its disk.</summary>
    int RemoveNamespace(uint nsid);
}
