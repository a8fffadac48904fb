using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// What one host's reservation command changes, and whom it concerns (NVMe Base 2.0, "Reservation Register command" and
/// its neighbours; "Reservations" for the rules). Under the subsystem's lock.
/// </summary>
internal sealed class ReservationChange(NamespaceReservations state, HostIdentity host)
{
    /// <summary>Whom to tell, and of what.</summary>
    public List<ReservationNotice> Notices { get; } = [];

    /// <summary>Hosts whose registration has been taken.</summary>
    public List<HostIdentity> Preempted { get; } = [];

    /// <summary>Reservation Register.</summary>
    /// <param name="action">RREGA: 0 register, 1 unregister, 2 replace.</param>
    /// <param name="ignoresKey">IEKEY: whatever key the host has.</param>
    /// <param name="currentKey">CRKEY.</param>
    /// <param name="newKey">NRKEY.</param>
    public StatusCode Register(uint action, bool ignoresKey, ulong currentKey, ulong newKey)
    {
        if (action > 2 || (action != 1 && newKey == 0))
            return StatusCode.InvalidField;
        Registrant? known = state.Find(host);
        if (action == 0)
        {
            if (known is not null && known.Key != newKey)
                return StatusCode.ReservationConflict;
        }
        else if (known is null || (!ignoresKey && known.Key != currentKey))
        {
            return StatusCode.ReservationConflict;
        }
        if (action == 1)
            Tell(state.Unregister(host), ReservationNotification.ReservationReleased);
        else
            state.SetKey(host, newKey);
        state.Generation++;
        return StatusCode.Success;
    }

    /// <summary>Reservation Acquire.</summary>
    /// <param name="action">RACQA: 0 acquire, 1 preempt, 2 preempt and abort.</param>
    /// <param name="type">RTYPE.</param>
    /// <param name="currentKey">CRKEY.</param>
    /// <param name="preemptedKey">PRKEY.</param>
    public StatusCode Acquire(uint action, ReservationType type, ulong currentKey, ulong preemptedKey)
    {
        if (action > 2 || !IsType(type))
            return StatusCode.InvalidField;
        if (!state.IsRegistered(host, currentKey))
            return StatusCode.ReservationConflict;
        if (action != 0)
            return Preempt(type, preemptedKey);
        if (state.Type == ReservationType.None)
            state.SetHolder(host, type);
        else if (!state.Holds(host) || state.Type != type)
            return StatusCode.ReservationConflict;
        return StatusCode.Success;
    }

    /// <summary>Reservation Release.</summary>
    /// <param name="action">RRELA: 0 release, 1 clear.</param>
    /// <param name="type">RTYPE.</param>
    /// <param name="currentKey">CRKEY.</param>
    public StatusCode Release(uint action, ReservationType type, ulong currentKey)
    {
        if (action > 1)
            return StatusCode.InvalidField;
        if (!state.IsRegistered(host, currentKey))
            return StatusCode.ReservationConflict;
        if (action == 1)
        {
            Registrant[] all = state.Registrants;
            Tell(all, ReservationNotification.ReservationPreempted);
            foreach (Registrant each in all)
                state.Unregister(each.Host);
            state.Generation++;
            return StatusCode.Success;
        }
        if (!state.Holds(host))
            return StatusCode.Success; // nothing to release, which is what the host wants
        if (type != state.Type)
            return StatusCode.InvalidField;
        state.Release();
        if (type >= ReservationType.WriteExclusiveRegistrantsOnly)
            Tell(state.Registrants, ReservationNotification.ReservationReleased);
        return StatusCode.Success;
    }

    private static bool IsType(ReservationType type) =>
        type is >= ReservationType.WriteExclusive and <= ReservationType.ExclusiveAccessAllRegistrants;

    private StatusCode Preempt(ReservationType type, ulong preemptedKey)
    {
        bool takesReservation = state.Type != ReservationType.None
            && (state.IsOfAllRegistrants ? preemptedKey == 0 : state.IsRegistered(state.Holder, preemptedKey));
        if (preemptedKey == 0 && !takesReservation)
            return StatusCode.InvalidField;
        foreach (Registrant each in state.Registrants)
        {
            if (each.Host != host && (each.Key == preemptedKey || preemptedKey == 0))
                Preempted.Add(each.Host);
        }
        if (Preempted.Count == 0 && !takesReservation)
            return StatusCode.ReservationConflict;
        ReservationType before = state.Type;
        foreach (HostIdentity each in Preempted)
        {
            state.Unregister(each);
            Notices.Add(new ReservationNotice(each, ReservationNotification.RegistrationPreempted));
        }
        if (takesReservation)
        {
            state.SetHolder(host, type);
            if (type != before)
                Tell(state.Registrants, ReservationNotification.ReservationReleased);
        }
        state.Generation++;
        return StatusCode.Success;
    }

    private void Tell(Registrant[] registrants, ReservationNotification what)
    {
        foreach (Registrant each in registrants)
        {
            if (each.Host != host)
                Notices.Add(new ReservationNotice(each.Host, what));
        }
    }
}
