using System.Numerics;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// A namespace of a subsystem: what all controllers share that it is attached to. What one of them sees of it is a
/// <see cref="Namespace"/>, made anew and published at each change.
/// </summary>
/// <remarks>Changes under the subsystem's lock; properties without a setter, and the disk, from any thread.</remarks>
internal sealed class AllocatedNamespace
{
    private readonly Dictionary<SubsystemMember, Namespace> _attached = [];

    /// <param name="id">Namespace identifier.</param>
    /// <param name="disk">The disk; its block size is a power of two, its length a multiple of it.</param>
    /// <param name="isShared">It may be attached to several controllers at a time.</param>
    public AllocatedNamespace(uint id, IDisk disk, bool isShared)
    {
        Id = id;
        Disk = disk;
        IsShared = isShared;
        BlockShift = BitOperations.Log2((uint)disk.BlockBytes);
        LengthBytes = disk.LengthBytes;
    }

    public uint Id { get; }

    public IDisk Disk { get; }

    /// <summary>NMIC: it may be attached to several controllers at a time.</summary>
    public bool IsShared { get; }

    /// <summary>Base-2 logarithm of the block size in bytes (LBADS).</summary>
    public int BlockShift { get; }

    /// <summary>What of the disk belongs to it, from the start; whole blocks of it are addressed.</summary>
    public ulong LengthBytes { get; }

    /// <summary>Why no command is taken now; Success: they are.</summary>
    public StatusCode Unavailable { get; }

    /// <summary>The controllers that it is attached to.</summary>
    public IReadOnlyCollection<SubsystemMember> Attached => _attached.Keys;

    public bool IsAttachedTo(SubsystemMember member) => _attached.ContainsKey(member);

    /// <summary>Attaches it to a controller that it is not attached to.</summary>
    public void Attach(SubsystemMember member) => Publish(member);

    /// <summary>Detaches it from a controller that it is attached to.</summary>
    /// <returns>What the controller has seen of it until now; commands under way may still use that.</returns>
    public Namespace Detach(SubsystemMember member)
    {
        _attached.Remove(member, out Namespace? seen);
        member.Namespaces.Set(Id, null);
        return seen!;
    }

    private void Publish(SubsystemMember member) => member.Namespaces.Set(Id, _attached[member] = new Namespace(this));
}
