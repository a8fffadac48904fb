using System.Runtime.CompilerServices;

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
/// <para>A potential race (is safely handled): the home is switched to a page meanwhile, and the page does not hold yet
/// what was posted to the old home. A guest does not keep a page before the command that names it has completed, so the
/// write is stored, and nothing is concluded from what it finds.</para>
/// </remarks>
// SAFETY: identifiers are checked against the number of slots, and the slots are never unmapped.
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
        if ((uint)id >= (uint)_count) return RingResult.OutOfRange;
        DoorbellSlot* slot = _slots + (uint)id;
        RingResult result = RingRare(slot, value, Volatile.Read(ref slot->Home), isPosted: true);
        if (result == RingResult.Ok && Volatile.Read(ref slot->Posted) != KeptByGuest) Volatile.Write(ref slot->Posted, value);
        GC.KeepAlive(this);
        return result;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsKeptByGuest(DoorbellSlot* slot, uint* cell)
    {
        uint posted = Volatile.Read(ref slot->Posted);
        if (posted == KeptByGuest) return true;
        uint found = Volatile.Read(ref *cell);
        if ((found & Carried) != 0 || (found & ValueMask) == posted) return false;
        Volatile.Write(ref slot->Posted, KeptByGuest);
        return true;
    }
}
