using System.Numerics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A namespace of a subsystem: what all controllers share that it is attached to. What one of them sees of it is a
/// <see cref="Namespace"/>, made anew and published at each change.
/// </summary>
/// <remarks>What changes does so under the subsystem's lock.</remarks>
internal sealed partial class AllocatedNamespace
{
    private readonly NumberedTable<SubsystemMember> _attached = new();

    /// <param name="id">Namespace identifier.</param>
    /// <param name="disk">The disk; its block size is a power of two, its length a multiple of it.</param>
    /// <param name="isShared">It may be attached to several controllers at a time.</param>
    /// <param name="blockBytes">A block that the disk can be formatted with; 0: the disk's.</param>
    public AllocatedNamespace(uint id, IDisk disk, bool isShared, int blockBytes = 0)
    {
        Id = id;
        Disk = disk;
        IsShared = isShared;
        BlockShift = BitOperations.Log2((uint)(blockBytes == 0 ? disk.BlockBytes : blockBytes));
        LengthBytes = disk.LengthBytes;
    }

    public uint Id { get; }

    public IDisk Disk { get; }

    /// <summary>What is special about its blocks.</summary>
    public SharedBlocks Blocks { get; } = new();

    /// <summary>NMIC: it may be attached to several controllers at a time.</summary>
    public bool IsShared { get; }

    /// <summary>Base-2 logarithm of the block size in bytes (LBADS).</summary>
    public int BlockShift { get; set; }

    /// <summary>What of the disk belongs to it, from the start; whole blocks of it are addressed.</summary>
    public ulong LengthBytes { get; private set; }

    /// <summary>Why no command is taken now; Success: they are.</summary>
    public StatusCode Unavailable { get; set; }

    /// <summary>What erases its disk now; null: nothing does.</summary>
    public DiskErasure? Erasure { get; set; }

    /// <summary>What format it is being erased for; null: for none.</summary>
    public NamespaceFormatting? Formatting { get; set; }

    /// <summary>Its place in the subsystem's pool; null: its disk is the embedder's.</summary>
    public PooledDisk? Pooled { get; set; }

    /// <summary>Who has registered, and who holds the reservation.</summary>
    public NamespaceReservations Reservations { get; } = new();

    /// <summary>The controllers that it is attached to, by ascending identifier.</summary>
    public SubsystemMember[] Attached => _attached.ToArray();

    public bool IsAttachedTo(SubsystemMember member) => _attached.Has(member.Id);

    /// <summary>Attaches it to a controller that it is not attached to.</summary>
    public void Attach(SubsystemMember member)
    {
        Blocks.Section.Attach(member.Namespaces.Tasks);
        _attached.Add(member.Id, member);
        Publish(member);
    }

    /// <summary>Detaches it from a controller that it is attached to.</summary>
    /// <returns>What the controller has seen of it until now; commands under way may still use that.</returns>
    public SeenNamespace Detach(SubsystemMember member)
    {
        _attached.Remove(member.Id);
        SeenNamespace seen = Seen(member);
        member.Namespaces.Set(Id, null);
        return seen;
    }

    /// <summary>Takes the disk's length. False: it is the same as before.</summary>
    public bool Resize()
    {
        ulong lengthBytes = Disk.LengthBytes;
        if (lengthBytes == LengthBytes)
            return false;
        LengthBytes = lengthBytes;
        return true;
    }

    /// <summary>Lets every controller see it as it is now.</summary>
    /// <returns>What they have seen until now.</returns>
    public SeenNamespace[] Republish() => Array.ConvertAll(Attached, member =>
    {
        SeenNamespace seen = Seen(member);
        Publish(member);
        return seen;
    });

    /// <summary>Lets one controller, if it is attached to it, see it as it is now.</summary>
    public void Republish(SubsystemMember member)
    {
        if (IsAttachedTo(member))
            Publish(member);
    }

    /// <summary>Tells the hosts of all controllers that it has changed.</summary>
    public void Announce()
    {
        foreach (SubsystemMember member in Attached)
            member.OnNamespaceChanged(Id);
    }

    private SeenNamespace Seen(SubsystemMember member) =>
        new(member, member.Namespaces.TryGet(Id, out Namespace? seen) ? seen : null!);

    private void Publish(SubsystemMember member) => member.Namespaces.Set(Id, new Namespace(this, member.Host));
}
