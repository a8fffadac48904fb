using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Controller;

/// <summary>
/// An NVM subsystem: namespaces, and the controllers that give access to them. A namespace may be attached to one of the
/// controllers, or shared by several.
/// </summary>
/// <remarks>
/// <para>
/// A controller that is made without one has a subsystem to itself. Make one to let controllers share namespaces:
/// <see cref="NvmeControllerOptions.Subsystem"/>.
/// </para>
/// <para>
/// Every member may be called from any thread; those that wait (<see cref="RemoveNamespace"/>,
/// <see cref="DetachNamespace"/>) not from the own thread of a reactor that serves one of the controllers. Source: NVMe
/// Base Specification 2.0, "NVM Subsystem" and "Namespace Management".
/// </para>
/// </remarks>
public sealed partial class NvmeSubsystem : IDisposable
{
    /// <summary>The highest namespace identifier.</summary>
    public const int MaxNamespaceId = (int)NamespaceTable.MaxId;

    private readonly Lock _lock = new();
    private readonly NumberedTable<AllocatedNamespace> _namespaces = new();
    private readonly NumberedTable<SubsystemMember> _members = new();
    private bool _isDisposed;

    /// <summary>Creates a subsystem without controllers; its namespaces are the disks that its pool has.</summary>
    /// <param name="options">What it says of itself; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or a disk of the pool cannot be a namespace.
    /// </exception>
    public NvmeSubsystem(NvmeSubsystemOptions? options = null)
    {
        options ??= new NvmeSubsystemOptions();
        options.Validate();
        Options = options;
        foreach (PooledDisk disk in options.Pool?.GetDisks() ?? [])
            Adopt(disk);
    }

    /// <summary>What it was made of.</summary>
    public NvmeSubsystemOptions Options { get; }

    /// <summary>Adds a namespace, which no controller has yet.</summary>
    /// <param name="nsid">1 to 1024, or 0 for the lowest that is free.</param>
    /// <param name="disk">Its disk, with blocks of 512 to 4096 bytes. It stays the embedder's: dispose of it after
    /// <see cref="RemoveNamespace"/>, or after the last controller.</param>
    /// <param name="isShared">It may be attached to several controllers at a time (NMIC).</param>
    /// <param name="blockBytes">The logical block that it is formatted with: 512 or 4096, and no smaller than the disk's
    /// own; 0: the disk's own. What a Format NVM chose once, to be given again when the disk is opened again.</param>
    /// <returns>The namespace identifier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The identifier is out of range, or the block none that the
    /// namespace can have.</exception>
    /// <exception cref="InvalidOperationException">The identifier is in use, or none is free.</exception>
    /// <exception cref="ObjectDisposedException">The subsystem has been disposed.</exception>
    public uint AddNamespace(uint nsid, IDisk disk, bool isShared = true, int blockBytes = 0)
    {
        lock (_lock)
            return Allocate(nsid, disk, isShared, blockBytes).Id;
    }

    /// <summary>
    /// Takes a namespace away from every controller (the disk of one that a guest has made stays in the pool): new commands get Invalid Namespace or Format, and the call returns
    /// when those under way have ended.
    /// </summary>
    /// <param name="nsid">Its identifier.</param>
    /// <returns>False: there is none of that identifier.</returns>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    /// <exception cref="TimeoutException">The disk has kept a request for more than 10 s; the namespace is gone, but its
    /// disk is still in use.</exception>
    public bool RemoveNamespace(uint nsid)
    {
        SeenNamespace[] seen;
        DiskErasure? erasure;
        lock (_lock)
        {
            ReactorWait.ThrowIfOn(Reactors);
            if (!_namespaces.TryGet(nsid, out AllocatedNamespace? removed))
                return false;
            seen = Deallocate(removed, out erasure);
        }
        WaitUntilUnused(seen, erasure);
        return true;
    }

    /// <summary>Attaches a namespace to a controller. Its host is told by an event, if it has asked for that.</summary>
    /// <param name="nsid">A namespace of the subsystem.</param>
    /// <param name="controller">A controller of the subsystem.</param>
    /// <exception cref="ArgumentException">There is no such namespace, or the controller is not one of the
    /// subsystem's.</exception>
    /// <exception cref="InvalidOperationException">It is attached to it already, or attached to another and not
    /// shared.</exception>
    public void AttachNamespace(uint nsid, NvmeController controller)
    {
        lock (_lock)
        {
            (AllocatedNamespace target, SubsystemMember member) = Find(nsid, controller);
            if (target.IsAttachedTo(member))
                throw new InvalidOperationException($"Namespace {nsid} is attached to the controller already.");
            if (!target.IsShared && target.Attached.Length > 0)
                throw new InvalidOperationException($"Namespace {nsid} is private to another controller.");
            Attach(target, member);
        }
    }

    /// <summary>
    /// Detaches a namespace from a controller: new commands get Invalid Namespace or Format, and the call returns when
    /// those under way have ended.
    /// </summary>
    /// <param name="nsid">A namespace of the subsystem.</param>
    /// <param name="controller">A controller of the subsystem.</param>
    /// <returns>False: it was not attached to it.</returns>
    /// <exception cref="ArgumentException">There is no such namespace, or the controller is not one of the
    /// subsystem's.</exception>
    /// <exception cref="InvalidOperationException">Called from a reactor's own thread.</exception>
    /// <exception cref="TimeoutException">The disk has kept a request for more than 10 s; the namespace is detached.
    /// </exception>
    public bool DetachNamespace(uint nsid, NvmeController controller)
    {
        SeenNamespace seen;
        lock (_lock)
        {
            ReactorWait.ThrowIfOn(Reactors);
            (AllocatedNamespace target, SubsystemMember member) = Find(nsid, controller);
            if (!target.IsAttachedTo(member))
                return false;
            seen = Detach(target, member);
        }
        WaitUntilUnused([seen], erasure: null);
        return true;
    }

    /// <summary>Ends the subsystem. Its disks stay the embedder's.</summary>
    /// <exception cref="InvalidOperationException">A controller belongs to it still.</exception>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_members.Count > 0)
                throw new InvalidOperationException($"The subsystem still has {_members.Count} controllers.");
            _isDisposed = true;
            foreach (AllocatedNamespace target in _namespaces.ToArray())
                Deallocate(target, out _);
        }
    }

    /// <summary>Adds a namespace and attaches it to one controller, as one step.</summary>
    internal uint AddNamespace(uint nsid, IDisk disk, SubsystemMember member)
    {
        lock (_lock)
        {
            AllocatedNamespace added = Allocate(nsid, disk, isShared: false, blockBytes: 0);
            Attach(added, member);
            return added.Id;
        }
    }

    private HashSet<Reactor> Reactors
    {
        get
        {
            HashSet<Reactor> reactors = [];
            foreach (SubsystemMember member in _members.ToArray())
                reactors.UnionWith(member.Controller.Options.Reactors);
            return reactors;
        }
    }

    private static void Attach(AllocatedNamespace target, SubsystemMember member)
    {
        target.Attach(member);
        member.OnNamespaceChanged(target.Id);
    }

    private static SeenNamespace Detach(AllocatedNamespace target, SubsystemMember member)
    {
        SeenNamespace seen = target.Detach(member);
        member.OnNamespaceChanged(target.Id);
        return seen;
    }

    private AllocatedNamespace Allocate(uint nsid, IDisk disk, bool isShared, int blockBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nsid, NamespaceTable.MaxId);
        ArgumentNullException.ThrowIfNull(disk);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        uint id = nsid;
        if (id == 0)
        {
            do
                id++;
            while (IsTaken(id));
        }
        if (id > NamespaceTable.MaxId)
            throw new InvalidOperationException("No namespace identifier is free.");
        if (blockBytes != 0 && !LbaFormats.Has(blockBytes, disk))
        {
            throw new ArgumentOutOfRangeException(
                nameof(blockBytes), blockBytes, "A block of 512 or 4096 bytes, not smaller than the disk's own.");
        }
        var added = new AllocatedNamespace(id, disk, isShared, blockBytes) { Unavailable = SanitizeRefusal };
        if (IsTaken(id))
            throw new InvalidOperationException($"Namespace identifier {id} is in use.");
        _namespaces.Add(id, added);
        FollowLength(added);
        return added;
    }

    /// <summary>Takes a namespace out. What erases its disk is asked to end.</summary>
    private SeenNamespace[] Deallocate(AllocatedNamespace target, out DiskErasure? erasure)
    {
        erasure = target.Erasure;
        erasure?.Cancel();
        UnfollowLength(target);
        _namespaces.Remove(target.Id);
        return Array.ConvertAll(target.Attached, member => Detach(target, member));
    }

    private (AllocatedNamespace Target, SubsystemMember Member) Find(uint nsid, NvmeController controller)
    {
        ArgumentNullException.ThrowIfNull(controller);
        if (!_namespaces.TryGet(nsid, out AllocatedNamespace? target))
            throw new ArgumentException($"There is no namespace {nsid}.", nameof(nsid));
        if (!_members.TryGet(controller.Id, out SubsystemMember? member) || member.Controller != controller)
            throw new ArgumentException("The controller is not one of the subsystem's.", nameof(controller));
        return (target, member);
    }

    private void WaitUntilUnused(SeenNamespace[] seen, DiskErasure? erasure)
    {
        HashSet<Reactor> reactors;
        lock (_lock)
            reactors = Reactors;
        bool isUnused = false;
        SeenNamespace.WhenUnused(seen, () => Volatile.Write(ref isUnused, true));
        ReactorWait.Until(
            reactors,
            () => Volatile.Read(ref isUnused) && erasure is null or { IsDone: true },
            "The disk of the namespace has kept a request.");
    }
}
