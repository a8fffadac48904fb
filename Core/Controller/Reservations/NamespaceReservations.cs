using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The registrations and the reservation of a namespace (NVMe Base 2.0, "Reservations"). What changes them is in
/// <see cref="ReservationChange"/>. Under the subsystem's lock.
/// </summary>
internal sealed class NamespaceReservations
{
    private readonly List<Registrant> _registrants = [];

    /// <summary>GEN: counts what may change the registrations.</summary>
    public uint Generation { get; set; }

    /// <summary>RTYPE; None: no reservation is held.</summary>
    public ReservationType Type { get; private set; }

    /// <summary>Who holds it; with a type of all registrants, each of them does, and this one is the first to have.</summary>
    public HostIdentity Holder { get; private set; } = HostIdentity.None;

    /// <summary>The registered hosts and their keys, as they are now.</summary>
    public Registrant[] Registrants => [.. _registrants];

    public bool HasRegistrants => _registrants.Count > 0;

    /// <summary>Every registrant is a holder.</summary>
    public bool IsOfAllRegistrants =>
        Type is ReservationType.WriteExclusiveAllRegistrants or ReservationType.ExclusiveAccessAllRegistrants;

    private bool IsOfRegistrants => Type >= ReservationType.WriteExclusiveRegistrantsOnly;

    private bool RefusesReads => Type is ReservationType.ExclusiveAccess
        or ReservationType.ExclusiveAccessRegistrantsOnly or ReservationType.ExclusiveAccessAllRegistrants;

    public bool Holds(HostIdentity host) =>
        Type != ReservationType.None && (IsOfAllRegistrants ? Find(host) is not null : Holder == host);

    /// <summary>Base 2.0, "Command Behavior in the Presence of a Reservation": commands that read.</summary>
    public bool MayRead(HostIdentity host) => !RefusesReads || HasAccess(host);

    /// <summary>The same for commands that change data, and for Flush.</summary>
    public bool MayWrite(HostIdentity host) => Type == ReservationType.None || HasAccess(host);

    /// <summary>Finds a host's registration.</summary>
    public Registrant? Find(HostIdentity host) => _registrants.Find(each => each.Host == host);

    public bool IsRegistered(HostIdentity host, ulong key) => Find(host)?.Key == key;

    public void SetKey(HostIdentity host, ulong key)
    {
        Remove(host);
        _registrants.Add(new Registrant(host, key));
    }

    /// <summary>Takes a reservation for a registrant, in place of the one there is.</summary>
    public void SetHolder(HostIdentity holder, ReservationType type)
    {
        Holder = holder;
        Type = type;
    }

    /// <summary>Ends the reservation.</summary>
    public void Release()
    {
        Holder = HostIdentity.None;
        Type = ReservationType.None;
    }

    /// <summary>Ends a registration, and the reservation with it where nobody is left to hold it.</summary>
    /// <returns>Whom the end of a reservation of registrants concerns: those who are left.</returns>
    public Registrant[] Unregister(HostIdentity host)
    {
        bool held = Holds(host);
        Remove(host);
        if (!held || (IsOfAllRegistrants && _registrants.Count > 0))
            return [];
        bool concerns = IsOfRegistrants;
        Release();
        return concerns ? Registrants : [];
    }

    /// <summary>Takes over what another subsystem has had.</summary>
    public void Restore(
        uint generation, ReservationType type, HostIdentity holder, Registrant[] registrants)
    {
        Generation = generation;
        SetHolder(holder, type);
        _registrants.Clear();
        _registrants.AddRange(registrants);
    }

    private void Remove(HostIdentity host) => _registrants.RemoveAll(each => each.Host == host);

    private bool HasAccess(HostIdentity host) => IsOfRegistrants ? Find(host) is not null : Holder == host;
}
