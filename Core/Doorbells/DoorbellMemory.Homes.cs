using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

/// <remarks>
/// Switching a home while others ring:
/// <code>
///  H1 slot.Carrying = 1; copied = *old; *new = copied | Carried
///  H2 slot.Home = new                      release, pairs with R1 and R4
///  H3 process-wide barrier                 every ring is now before its R2 or its store is visible
///  H4 wait for visitors and lookers        (old is guest RAM) nobody touches the page after this
///  H5 late = *old; CompareExchange(*new, copied | Carried → late); slot.Carrying = 0
///  H6 wake the sleeper to look again
/// </code>
/// <para>Invariant: after H5 no value lives only in the old home. A ring that stored there before H3 is found by H5,
/// one that stores there later sees the new home in R4 and stores again. A ring that wrote the new home already is
/// newer than what H5 found, and wins, because its value does not bear the <c>Carried</c> bit (bits 31..16 of a
/// doorbell are reserved and masked by every reader).</para>
/// <para>A potential race (is safely handled): between H1 and H2 a ring stores in the old home, and the follower takes
/// that value there. The new home then holds an older one until H5; with the <c>Carried</c> bit, while <c>Carrying</c>
/// is set, it is no news to the follower.</para>
/// <para>A potential race (is safely handled): a ring stalls before R2, and the follower between its look at the home word
/// and its look at that home. Then H1 to H5 pass, the ring stores, and the follower reads that value, which H5 has not
/// carried over: its next look, in the new home, would find an older one. So news from a home of ours counts only if the
/// home word is still the same afterwards; else the follower looks anew, and R4 brings the value to the new home.</para>
/// <para>A potential race (is safely handled): a follower arms its sleep before H2 and looks for the last time after it.
/// H6 has found it awake, and the new page's EventIdx does not ask the guest to ring. The count of switches, which changes
/// between H2 and H6, is another than the one it armed under: it does not sleep but arms again.</para>
/// <para>A potential race (is safely handled): a ring stalls between R1 and R2 while its home is left and taken again.
/// Were the second private home the same word as the first, H1 could overwrite what the ring stores, and R4 would not
/// see it. So each private home is another cell than the one before.</para>
/// </remarks>
// SAFETY: slots lie in a block that is never unmapped; a page of guest RAM is left before it is given back (H4).
public sealed unsafe partial class DoorbellMemory
{
    /// <summary>Marks a value that a switch has carried over, until the switch has looked at the old home again.</summary>
    internal const uint Carried = 0x8000_0000;

    /// <summary>The doorbell has no value in the page that is away: it was not open then, or is another queue's now.</summary>
    private const uint NothingLeft = DoorbellPosition.NothingLeft;

    private nint _mappedPage;
    private GuestMemory? _guest;
    private ulong _shadowAddress;
    private ulong _eventIdxAddress;
    private ulong _shadowLengthBytes;
    private nint _shadow;
    private nint _eventIdx;
    private uint[]? _leftInShadow;
    private int _switches;

    /// <summary>How often homes have been switched. Counted once the new homes are published.</summary>
    internal int Switches => Volatile.Read(ref _switches);

    /// <summary>Whether values live in guest RAM now.</summary>
    public bool IsShadow => Volatile.Read(ref _shadow) != 0;

    /// <summary>Whether values live in a page that the guest maps and writes without telling anyone.</summary>
    public bool IsMapped => Volatile.Read(ref _mappedPage) != 0;

    /// <summary>Length of the page for <see cref="EnableMappedPage()"/>: all doorbells, in whole pages.</summary>
    public ulong MappedPageLengthBytes =>
        ((ulong)_states.Length << _strideShift) + GuestMemory.PageBytes - 1 & ~(ulong)(GuestMemory.PageBytes - 1);

    /// <summary>Puts the values into a page of its own that a guest may map as BAR0 + 1000h. Followers must poll it.</summary>
    /// <returns>Its host address, page-aligned, <see cref="MappedPageLengthBytes"/> long, mapped for ever.</returns>
    /// <exception cref="InvalidOperationException">A doorbell is open.</exception>
    public nint EnableMappedPage()
    {
        var block = new LastingBlock((nuint)MappedPageLengthBytes);
        EnableMappedPage(block.Address);
        return block.Address;
    }

    /// <summary>As <see cref="EnableMappedPage()"/>, in memory of the caller's that outlives every ring.</summary>
    /// <param name="hostAddress">Page-aligned, <see cref="MappedPageLengthBytes"/> long.</param>
    public void EnableMappedPage(nint hostAddress)
    {
        lock (_gate)
        {
            if (Array.Exists(_states, s => s is not null))
                throw new InvalidOperationException("The doorbell page can be mapped only while every doorbell is closed.");
            Volatile.Write(ref _mappedPage, hostAddress);
        }
    }

    /// <summary>
    /// Doorbell Buffer Config: moves every doorbell into a page of guest RAM, with EventIdx values in another (NVM
    /// Express Base Specification, 5.8 and B.5). Values move, and every sleeper looks again. If the pages leave the
    /// guest's memory map the doorbells move back by themselves, and return when the pages do.
    /// </summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="shadowAddress">Guest address of the shadow page, page-aligned.</param>
    /// <param name="eventIdxAddress">Guest address of the EventIdx page, page-aligned, another one.</param>
    /// <returns>False, and nothing changed: misaligned, the same page twice, not in writable guest RAM, more doorbells
    /// than fit a page, or the guest has the doorbells mapped (it would write where nobody looks).</returns>
    public bool TryUseShadow(GuestMemory memory, ulong shadowAddress, ulong eventIdxAddress)
    {
        ArgumentNullException.ThrowIfNull(memory);
        const ulong PageMask = GuestMemory.PageBytes - 1;
        if (((shadowAddress | eventIdxAddress) & PageMask) != 0 || shadowAddress == eventIdxAddress) return false;
        if ((ulong)_states.Length << _strideShift > GuestMemory.PageBytes) return false;
        lock (_gate)
        {
            if (_count == 0 || _mappedPage != 0) return false;
            bool isNew = !ReferenceEquals(_guest, memory);
            // Before the look-up: of a removal that the look-up is too early for we are told, when we give the lock back.
            // The other way round a page that goes in between would be taken, and nobody would say that it has gone.
            if (isNew) memory.Subscribe(OnRegionsChanged);
            if (!TryTranslatePages(memory, shadowAddress, eventIdxAddress, out nint shadow, out nint eventIdx))
            {
                if (isNew) memory.Unsubscribe(OnRegionsChanged);
                return false;
            }
            if (isNew)
            {
                _guest?.Unsubscribe(OnRegionsChanged);
                _guest = memory;
                _leftInShadow = null;
            }
            // What was left behind lies in the old page; in another one there is nothing of ours to compare with.
            if (shadowAddress != _shadowAddress) _leftInShadow = null;
            (_shadowAddress, _eventIdxAddress) = (shadowAddress, eventIdxAddress);
            _shadowLengthBytes = GuestMemory.PageBytes;
            EnterShadow(shadow, eventIdx);
            return true;
        }
    }

    /// <summary>As <see cref="TryUseShadow(GuestMemory, ulong, ulong)"/>, with host addresses that the caller keeps mapped until the homes are private again.</summary>
    /// <param name="shadow">Host address, 4-byte aligned.</param>
    /// <param name="eventIdx">Host address, 4-byte aligned.</param>
    /// <param name="lengthBytes">Length of each; doorbells beyond it stay private.</param>
    /// <returns>False: misaligned, the same address twice, or the guest has the doorbells mapped.</returns>
    public bool TryUseShadow(nint shadow, nint eventIdx, ulong lengthBytes)
    {
        if (shadow == 0 || eventIdx == 0 || ((shadow | eventIdx) & 3) != 0 || shadow == eventIdx) return false;
        if (!Home.IsRepresentable(shadow + (nint)lengthBytes)) return false;
        lock (_gate)
        {
            if (_count == 0 || _mappedPage != 0) return false;
            Forget();
            _shadowLengthBytes = lengthBytes;
            EnterShadow(shadow, eventIdx);
            return true;
        }
    }

    /// <summary>
    /// Moves every doorbell back to memory of ours. When it returns, no thread of the process reads or writes the
    /// guest's pages for a doorbell, and none will.
    /// </summary>
    public void UsePrivate()
    {
        lock (_gate)
        {
            LeaveShadow();
            Forget();
            StoreWhatIsPosted();
        }
    }

    private static bool TryTranslatePages(GuestMemory memory, ulong shadowAddress, ulong eventIdxAddress,
        out nint shadow, out nint eventIdx)
    {
        eventIdx = 0;
        return memory.TryTranslate(shadowAddress, GuestMemory.PageBytes, GuestAccess.ReadWrite, out shadow)
            && memory.TryTranslate(eventIdxAddress, GuestMemory.PageBytes, GuestAccess.ReadWrite, out eventIdx)
            && Home.IsRepresentable(shadow) && Home.IsRepresentable(eventIdx);
    }

    private bool TryShadowCells(int id, out nint cell, out nint eventIdx)
    {
        ulong offset = (ulong)id << _strideShift;
        nint shadow = Volatile.Read(ref _shadow);
        bool inside = shadow != 0 && offset + sizeof(uint) <= _shadowLengthBytes;
        cell = inside ? shadow + (nint)offset : 0;
        eventIdx = inside ? _eventIdx + (nint)offset : 0;
        return inside;
    }

    private void EnterShadow(nint shadow, nint eventIdx)
    {
        Volatile.Write(ref _shadow, shadow);
        _eventIdx = eventIdx;
        SwitchHomes();
        _leftInShadow = null;
    }

    private void LeaveShadow()
    {
        if (!IsShadow) return;
        Volatile.Write(ref _shadow, 0);
        _eventIdx = 0;
        SwitchHomes();
    }

    private void Forget()
    {
        _guest?.Unsubscribe(OnRegionsChanged);
        _guest = null;
        _isPrepared = false;
        _shadowAddress = _eventIdxAddress = 0;
        _leftInShadow = null;
    }

    /// <summary>Guest memory has changed: the pages may have gone, come back, or lie elsewhere now.</summary>
    private void OnRegionsChanged()
    {
        lock (_gate)
        {
            if (_guest is not { } guest) return;
            bool there = TryTranslatePages(guest, _shadowAddress, _eventIdxAddress, out nint shadow, out nint eventIdx);
            if (there && shadow == Volatile.Read(ref _shadow) && eventIdx == _eventIdx) return;
            if (!there)
            {
                if (!IsShadow) return;
                if (_leftInShadow is null)
                {
                    _leftInShadow = new uint[_states.Length];
                    Array.Fill(_leftInShadow, NothingLeft);
                }
                LeaveShadow();
                return;
            }
            EnterShadow(shadow, eventIdx);
        }
    }

    /// <summary>
    /// Moves every open doorbell to where it belongs now. Where the value stays and EventIdx alone moves, nothing is carried
    /// over; its old page is left all the same, and who has armed it arms the new one.
    /// </summary>
    private void SwitchHomes()
    {
        var oldHomes = new ulong[_states.Length];
        var carried = new uint[_states.Length];
        for (int id = 0; id < oldHomes.Length; id++)
        {
            if (_states[id] is null) continue;
            DoorbellSlot* slot = _slots + id;
            ulong old = Volatile.Read(ref slot->Home);
            ulong home = NewHome(id, old, out nint eventIdx);
            if (home == old && eventIdx == Volatile.Read(ref slot->EventIdx)) continue;
            oldHomes[id] = old;
            if (home != old)
            {
                carried[id] = Volatile.Read(ref *(uint*)Home.Cell(old)) & ValueMask;
                // Before H2: whoever finds the new home knows that what it holds may be older than what it has seen.
                Volatile.Write(ref slot->Carrying, 1u);
                Carry(id, home, carried[id] | Carried); // H1
            }
            Volatile.Write(ref slot->EventIdx, eventIdx);
            Volatile.Write(ref slot->Home, home); // H2
        }
        // After H2, before H3 and H6: a follower that reads this count reads the new EventIdx after it; one that went to
        // sleep under the count before either reads this one in its last look, or is found asleep by H6.
        Volatile.Write(ref _switches, _switches + 1);
        // H3. Pairs with R3 of every ring: what was stored to an old home before this is visible to H5, what is stored
        // later is stored by a ring whose R4 sees the new home. Symmetric rings fence for themselves.
        StoreLoad.SleeperFence(!_symmetric);
        for (int id = 0; id < oldHomes.Length; id++)
        {
            if (oldHomes[id] == 0) continue;
            DoorbellSlot* slot = _slots + id;
            if (!Home.IsDirect(oldHomes[id])) AwaitVisitors(slot); // H4
            if (Volatile.Read(ref slot->Home) != oldHomes[id]) TakeOver(slot, id, oldHomes[id], carried[id]); // H5
            WakeAnyway(slot); // H6
        }
    }

    /// <summary>H5: what came late to the old home takes the place of what was carried over, unless something newer has.</summary>
    private void TakeOver(DoorbellSlot* slot, int id, ulong oldHome, uint carried)
    {
        uint late = Volatile.Read(ref *(uint*)Home.Cell(oldHome)) & ValueMask;
        if (!Home.IsDirect(oldHome) && _leftInShadow is { } left)
        {
            left[id] = late;
            Conclude(slot, late);
        }
        Interlocked.CompareExchange(ref *(uint*)Home.Cell(Volatile.Read(ref slot->Home)), late, carried | Carried);
        Volatile.Write(ref slot->Carrying, 0u); // after the exchange: who reads it 0 reads the value that this has left
    }

    /// <summary>
    /// Puts a value into a new home. A page that comes back may hold a value newer than ours, which the guest wrote
    /// while we were away, or writes just now: ours takes the place only of what we left there.
    /// </summary>
    private void Carry(int id, ulong home, uint value)
    {
        var cell = (uint*)Home.Cell(home);
        if (IsShadow && _leftInShadow is { } left && left[id] != NothingLeft)
            Interlocked.CompareExchange(ref *cell, value, left[id]);
        else
            Volatile.Write(ref *cell, value);
    }

    /// <summary>Waits until no ring and no follower is inside the shadow home that was just replaced.</summary>
    private static void AwaitVisitors(DoorbellSlot* slot)
    {
        var spinner = new SpinWait();
        while (Volatile.Read(ref slot->Visitors) != 0 || Volatile.Read(ref slot->Looking) != 0) spinner.SpinOnce();
    }
}
