namespace NvmeDoorbell.Doorbells;

/// <remarks>
/// Posted writes: a monitor that is another process sends a doorbell write as a message and lets the guest go on. By the
/// time it is here, the guest may have stored newer values in its shadow page, of which it need not have told anyone.
/// Stored over them, the older one would make the queue go backwards: a tail that is one behind the head says that all
/// entries but one are new, and a lap of stale commands would be run.
/// <para>Invariant: a posted write never replaces a value that the guest has stored in its page itself. Guests that keep
/// an entry write it before they ring (NVM Express Base Specification, B.5), so at their first posted write the entry is
/// ahead of what we have put there: from then on posted writes of that doorbell only wake. Where the entry still holds
/// what the posted write before this one has brought, the guest writes its register alone, as Linux does for the admin
/// queue, and the value is stored.</para>
/// <para>A page that is away (its guest memory was removed, and will be back) goes on being written by a guest that keeps
/// it, and posted writes go on only waking: what the guest has stored is found when the page is back. So whether the guest
/// keeps the entry is seen from what the page holds when it is left, too.</para>
/// <para>They take the lock that switches of homes take, unlike rings: each has cost a message, and what a page holds can
/// only be told from what we have put there while nobody else is about to put something there.</para>
/// </remarks>
// SAFETY: identifiers are checked against the number of slots, and the slots are never unmapped. Homes are replaced under
// the lock that a posted write holds, so a page of guest RAM is not given back while one is at it.
public sealed unsafe partial class DoorbellMemory
{
    /// <summary>In place of the value last posted: the guest keeps this entry of its page.</summary>
    private const uint KeptByGuest = uint.MaxValue;

    /// <summary>
    /// A doorbell write that arrives some time after the guest has made it, the guest having gone on meanwhile: as
    /// <see cref="Ring"/>, but it never replaces what the guest has stored in its shadow page itself.
    /// </summary>
    /// <remarks>
    /// The writes of one doorbell are passed on one after another, in the order in which the guest made them, and all of
    /// them by this method.
    /// </remarks>
    /// <param name="id">Number of the doorbell.</param>
    /// <param name="value">The queue's new tail or head; bits 31..16 are ignored.</param>
    public RingResult RingPosted(int id, uint value)
    {
        value &= ValueMask;
        DoorbellSlot* slot;
        ulong home;
        lock (_gate)
        {
            if ((uint)id >= (uint)_count) return RingResult.OutOfRange;
            slot = _slots + (uint)id;
            home = Volatile.Read(ref slot->Home);
            if (Home.IsClosed(home)) return RingResult.Closed;
            if (value >= Volatile.Read(ref slot->Limit)) return RingResult.InvalidValue;
            var cell = (uint*)Home.Cell(home);
            // A switch that is under way here is this thread's: it wakes somebody who writes a doorbell. It has put an older
            // value there.
            if (!Home.IsDirect(home) && Volatile.Read(ref slot->Carrying) == 0) Conclude(slot, Volatile.Read(ref *cell) & ValueMask);
            if (Volatile.Read(ref slot->Posted) != KeptByGuest)
            {
                Volatile.Write(ref slot->Posted, value);
                Volatile.Write(ref *cell, value);
            }
        }
        Interlocked.MemoryBarrier(); // R3, whatever the mode
        Waker.WakeFollower(slot, home, value);
        GC.KeepAlive(this);
        return RingResult.Ok;
    }

    /// <summary>A page holds that value: one that no posted write has brought is the guest's own. Under the lock.</summary>
    private static void Conclude(DoorbellSlot* slot, uint found)
    {
        if (found != Volatile.Read(ref slot->Posted)) Volatile.Write(ref slot->Posted, KeptByGuest);
    }

    /// <summary>The guest has no pages any more: from now on what it posts is all there is. Under the lock.</summary>
    private void StoreWhatIsPosted()
    {
        foreach (DoorbellState? state in _states)
        {
            if (state is null) continue;
            DoorbellSlot* slot = _slots + state.Id;
            var cell = (uint*)Home.Cell(Volatile.Read(ref slot->Home));
            Volatile.Write(ref slot->Posted, Volatile.Read(ref *cell) & ValueMask);
        }
    }
}
