using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>A controller as its subsystem knows it, from its making to its end. Any thread.</summary>
internal sealed class SubsystemMember(ushort id, NvmeController controller)
{
    private readonly List<Wait> _waits = [];
    private bool _isClosed;

    /// <summary>CNTLID: no other controller of the subsystem has it.</summary>
    public ushort Id { get; } = id;

    public NvmeController Controller { get; } = controller;

    /// <summary>The namespaces attached to it.</summary>
    public NamespaceTable Namespaces { get; } = new();

    /// <summary>What its host has not been told of yet.</summary>
    public ChangedNamespaces ChangedNamespaces { get; } = new();

    /// <summary>The reservation notifications that its host has not read yet.</summary>
    public ReservationLog ReservationLog { get; } = new();

    /// <summary>The host that it serves. Under the subsystem's lock.</summary>
    public HostIdentity Host { get; set; } = HostIdentity.Of(UInt128.Zero, id);

    /// <summary>That host's identifier has 128 bits.</summary>
    public bool HasExtendedHost { get; set; }

    /// <summary>It begins nothing for now. Under the subsystem's lock.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Its admin task; null until there is one.</summary>
    public AdminTask? Admin { get; set; }

    /// <summary>A namespace has come, gone or changed: its host is told, if it wants to be.</summary>
    public void OnNamespaceChanged(uint nsid)
    {
        ChangedNamespaces.Add(nsid);
        Admin?.OnNamespaceChanged();
    }

    /// <summary>Something has happened to a reservation that concerns its host.</summary>
    public void OnReservation(ReservationNotification what, uint nsid)
    {
        if (ReservationLog.Add(what, nsid))
            Admin?.Raise(AsynchronousEvent.ReservationLogPageAvailable);
    }

    /// <summary>Runs something on its admin task's turn; not once it has ended.</summary>
    public void Post(Action action)
    {
        AdminTask? admin;
        lock (_waits)
            admin = _isClosed ? null : Admin;
        admin?.Post(action);
    }

    /// <summary>
    /// Calls back, once, when none of its commands uses a namespace any more that its table does not have any more; or
    /// when the controller has ended.
    /// </summary>
    public void WhenUnused(Namespace seen, Action done)
    {
        var wait = new Wait(this, done);
        AdminTask? admin;
        lock (_waits)
        {
            admin = _isClosed ? null : Admin;
            if (admin is not null)
                _waits.Add(wait);
        }
        if (admin is null)
            done();
        else
            admin.Post(() => admin.WhenUnused(seen, wait.End));
    }

    /// <summary>The controller has ended: it has no commands, and answers no messages.</summary>
    public void Close()
    {
        Wait[] waits;
        lock (_waits)
        {
            _isClosed = true;
            waits = [.. _waits];
        }
        foreach (Wait wait in waits)
            wait.End();
    }

    private sealed class Wait(SubsystemMember member, Action done)
    {
        public void End()
        {
            bool isFirst;
            lock (member._waits)
                isFirst = member._waits.Remove(this);
            if (isFirst)
                done();
        }
    }
}
