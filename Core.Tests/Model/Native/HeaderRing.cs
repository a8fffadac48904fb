using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Shims;

namespace NvmeDoorbell.Model.Native;

/// <summary>
/// The C header's inline ring, line by line: the model cannot run C. A test holds this file to the header's text, so that a
/// change there is brought over here. Relaxed loads are plain reads here, as load after load is kept in order by the model.
/// </summary>
// Header: 10981bf131cacfbb
internal static unsafe class HeaderRing
{
    public const int Ok = 0;
    public const int ErrorRange = -4;
    public const int ErrorClosed = -5;
    public const int ErrorValue = -6;

    private const ulong CellMask = 0x0000_FFFF_FFFF_FFFC;
    private const uint Sleeping = 1;
    private const uint Notified = 2;
    private const uint StateMask = 3;
    private const uint Fenced = 4;
    private const uint Awake = 0;
    private const uint Parked = 1;

    public static int Ring(nint view, uint id, uint value)
    {
        // SAFETY: view is that of a DoorbellMemory of this execution, whose block stays readable.
        if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->UnfencedCount))
            return RingFenced(view, id, value);
        DoorbellSlot* slot = SlotAt(view, id);
        ulong home = Volatile.Read(ref slot->Home);
        if ((home & 1) == 0 || value >= Volatile.Read(ref slot->Limit))
            return RingRare(slot, home, value);
        Volatile.Write(ref *HomeCell(home), value);
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (Volatile.Read(ref slot->Home) != home)
            return RingRare(slot, home, value);
        if ((Volatile.Read(ref waker->State) & (Sleeping | Fenced)) != 0)
            return RingSleeper(slot, home, value);
        return Ok;
    }

    public static int Kick(nint view, uint id)
    {
        if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->Count))
            return ErrorRange;
        DoorbellSlot* slot = SlotAt(view, id);
        Interlocked.MemoryBarrier();
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (waker == null)
            return Ok;
        uint state = Volatile.Read(ref waker->State);
        if ((state & StateMask) == Sleeping)
            WakeCell(waker, state);
        return Ok;
    }

    private static int RingFenced(nint view, uint id, uint value)
    {
        if (id >= Volatile.Read(ref ((DoorbellHeader*)view)->Count))
            return ErrorRange;
        DoorbellSlot* slot = SlotAt(view, id);
        return RingRare(slot, Volatile.Read(ref slot->Home), value);
    }

    private static int RingSleeper(DoorbellSlot* slot, ulong home, uint value)
    {
        Interlocked.MemoryBarrier();
        WakeSlot(slot, home, value);
        return Ok;
    }

    private static int RingRare(DoorbellSlot* slot, ulong firstHome, uint value)
    {
        value &= 0xFFFF;
        while (true)
        {
            ulong home = Volatile.Read(ref slot->Home);
            if (HomeCell(home) == null || (home ^ firstHome) >> 48 != 0)
                return ErrorClosed;
            if (value >= Volatile.Read(ref slot->Limit))
            {
                if (Volatile.Read(ref slot->Home) != home)
                    continue;
                return ErrorValue;
            }

            if ((home & 1) != 0)
            {
                Volatile.Write(ref *HomeCell(home), value);
                Interlocked.MemoryBarrier();
            }
            else
            {
                Interlocked.Add(ref slot->Visitors, 1);
                bool isStill = Volatile.Read(ref slot->Home) == home;
                if (isStill)
                    Volatile.Write(ref *HomeCell(home), value);
                Interlocked.Add(ref slot->Visitors, uint.MaxValue);
                if (!isStill)
                    continue;
            }

            if (Volatile.Read(ref slot->Home) != home)
                continue;
            WakeSlot(slot, home, value);
            return Ok;
        }
    }

    private static void WakeSlot(DoorbellSlot* slot, ulong home, uint value)
    {
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (waker == null)
            return;
        uint state = Volatile.Read(ref waker->State);
        if ((state & StateMask) == Sleeping && Volatile.Read(ref slot->Seen) != ((uint)(home >> 48) << 16 | value))
            WakeCell(waker, state);
    }

    private static void WakeCell(WakerCell* waker, uint state)
    {
        Interlocked.Add(ref waker->Waking, 1);
        if (Interlocked.CompareExchange(ref waker->State, state ^ (Sleeping | Notified), state) == state)
            MakeReady(waker);
        Interlocked.Add(ref waker->Waking, uint.MaxValue);
    }

    private static void MakeReady(WakerCell* waker)
    {
        var reactor = (ReactorCell*)waker->Reactor;
        if (reactor == null)
        {
            ((delegate* unmanaged<nint, void>)waker->Wake)(waker->Context);
            return;
        }

        nint head = Volatile.Read(ref reactor->Ready);
        while (true)
        {
            ModelRelaxed.Write(ref waker->Next, head);
            nint found = Interlocked.CompareExchange(ref reactor->Ready, (nint)waker, head);
            if (found == head)
                break;
            head = found;
        }

        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref reactor->Park) == Parked
            && Interlocked.CompareExchange(ref reactor->Park, Awake, Parked) == Parked)
        {
            Futex.WakeOne(&reactor->Park);
        }
    }

    private static DoorbellSlot* SlotAt(nint view, uint id) => (DoorbellSlot*)view + (id + 2);

    private static uint* HomeCell(ulong home) => (uint*)(nint)(home & CellMask);
}
