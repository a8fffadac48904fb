namespace NvmeDoorbell.Controller;

/// <content>The controllers of the subsystem, and what their admin commands ask of it.</content>
public sealed partial class NvmeSubsystem
{
    /// <summary>The controllers that there are now.</summary>
    public IReadOnlyList<NvmeController> Controllers
    {
        get
        {
            lock (_lock)
                return Array.ConvertAll(_members.ToArray(), member => member.Controller);
        }
    }

    /// <summary>A controller that is being made becomes a part of it.</summary>
    /// <exception cref="InvalidOperationException">It has 65,519 controllers.</exception>
    internal SubsystemMember Join(NvmeController controller)
    {
        // FFF0h and above are no identifiers of controllers (Base 2.0, "Controller Identifier").
        const ushort highest = 0xFFEF;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ushort id = 1;
            while (id <= highest && _members.Has(id))
                id++;
            if (id > highest)
                throw new InvalidOperationException("No controller identifier is free.");
            var member = new SubsystemMember(id, controller);
            _members.Add(id, member);
            FollowPauses();
            return member;
        }
    }

    /// <summary>
    /// NVM Subsystem Reset (Base 2.0): begins a reset of every controller. What belongs to namespaces (formats,
    /// reservations, a sanitize operation) goes on. Any thread.
    /// </summary>
    internal void StartReset()
    {
        lock (_lock)
        {
            foreach (SubsystemMember member in _members.ToArray())
                member.Admin?.OnSubsystemReset();
        }
    }

    /// <summary>A controller has ended: it has no commands under way.</summary>
    internal void Leave(SubsystemMember member)
    {
        lock (_lock)
        {
            if (!_members.Remove(member.Id))
                return;
            foreach (AllocatedNamespace target in _namespaces.ToArray())
            {
                if (target.IsAttachedTo(member))
                    target.Detach(member);
            }
            if (member.Host.Id == UInt128.Zero)
                EndRegistrations(member.Host);
            FollowPauses();
        }
        member.Close();
    }

    /// <summary>Identifiers of allocated namespaces above one, ascending.</summary>
    internal uint[] GetAllocatedIds(uint after)
    {
        lock (_lock)
            return IdsOf(Array.FindAll(_namespaces.ToArray(), each => each.Id > after));
    }

    /// <summary>An allocated namespace as it is now, whether attached or not; null: there is none.</summary>
    internal Namespace? FindAllocated(uint nsid)
    {
        lock (_lock)
            return _namespaces.TryGet(nsid, out AllocatedNamespace? found) ? new Namespace(found) : null;
    }

    /// <summary>Identifiers of the controllers, ascending.</summary>
    internal ushort[] GetControllerIds()
    {
        lock (_lock)
            return IdsOf(_members.ToArray());
    }

    /// <summary>Identifiers of the controllers that a namespace is attached to, ascending.</summary>
    internal ushort[] GetAttachedControllerIds(uint nsid)
    {
        lock (_lock)
            return _namespaces.TryGet(nsid, out AllocatedNamespace? found) ? IdsOf(found.Attached) : [];
    }

    private static uint[] IdsOf(AllocatedNamespace[] namespaces) => Array.ConvertAll(namespaces, each => each.Id);

    private static ushort[] IdsOf(SubsystemMember[] members) => Array.ConvertAll(members, member => member.Id);
}
