using System.Runtime.CompilerServices;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// What a task uses to follow one doorbell from its opening to its close: a submission queue's tail, a completion
/// queue's head.
/// </summary>
/// <remarks>
/// <para>Contract. A poll is <see cref="DoorbellPoll.Ready"/> exactly when the value differs from the one the last poll
/// saw. After <see cref="Poll"/> said Pending, its waker is woken by the next change or by the close.</para>
/// <para>The value is the guest's: masked to 16 bits, and below the limit where it came by a ring; but a guest can write
/// shadow and mapped homes itself, so whoever uses it validates it, once, on the copy this class hands out.</para>
/// <para>Thread-safety: one thread at a time, the follower; the close comes from any.</para>
/// </remarks>
// SAFETY: the slot is never unmapped; a cell of guest RAM is touched only while Looking holds the switch off.
public sealed unsafe partial class DoorbellState
{
    private const ulong NoHome = Home.Direct; // direct, and no address

    private readonly DoorbellSlot* _slot;
    private readonly ulong _generation;

    /// <summary>The home word looked at last, where it is direct; else a word that none is: the next look takes the
    /// long way.</summary>
    private ulong _home = NoHome;

    /// <summary>The cell of <see cref="_home"/>.</summary>
    private uint* _cell;

    private uint _seen;

    /// <summary>Keeps the registered waker alive: the slot has only its native cell.</summary>
    private Waker? _waker;

    /// <summary>How many switches of homes there had been when the sleep was armed.</summary>
    private int _armedSwitches;

    internal DoorbellState(DoorbellMemory memory, DoorbellSlot* slot, int id, uint generation, uint seen)
    {
        Memory = memory;
        Id = id;
        _seen = seen;
        _slot = slot;
        _generation = Home.Closed(generation);
    }

    /// <summary>The memory it belongs to.</summary>
    public DoorbellMemory Memory { get; }

    /// <summary>Number of the doorbell.</summary>
    public int Id { get; }

    /// <summary>The value that the last poll saw; 0 at first.</summary>
    public uint Value => _seen;

    /// <summary>Where the open doorbell stands, for another memory to go on from. The follower does nothing meanwhile.</summary>
    internal DoorbellPosition Position => Memory.GetPosition(Id);

    /// <summary>Whether the doorbell was closed.</summary>
    public bool IsClosed => Look(out _) == DoorbellPoll.Closed;

    /// <summary>
    /// The last look before a sleep: whether a poll would not be Pending, or the value has moved since <see cref="Arm"/>
    /// and the sleep has to be armed again. Changes nothing.
    /// </summary>
    public bool HasChanged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HasNews || !IsArmed;
    }

    /// <summary>Whether a poll would not be Pending.</summary>
    internal bool HasNews
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            DoorbellPoll look = Look(out uint value);
            return look == DoorbellPoll.Closed || value != _seen;
        }
    }

    // Pairs with the count in a switch of homes: read after the sleeper's fence, as all that the last look reads.
    private bool IsArmed => _waker is null || _armedSwitches == Memory.Switches;

    /// <summary>False while the guest writes the value without telling anyone: the follower must keep looking.</summary>
    public bool CanSleep => !Memory.IsMapped;

    /// <summary>Looks at the doorbell.</summary>
    /// <param name="value">The newest value, masked to bits 15..0; the last seen one where closed.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // wake_spin: the call is a tenth of the hand-over
    public DoorbellPoll TryPoll(out uint value)
    {
        DoorbellPoll look = Look(out value);
        if (look == DoorbellPoll.Closed || value == _seen) return look;
        // Only for news: was it read from a home that had been left before? See the race of a stalled ring and a stalled look
        // in DoorbellMemory.Homes. Looks at guest RAM, which hold the switch off, leave no home behind.
        if (Volatile.Read(ref _slot->Home) != _home && _home != NoHome) return PollAgain(out value);
        _seen = value;
        return DoorbellPoll.Ready;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private DoorbellPoll PollAgain(out uint value) => TryPoll(out value);

    /// <summary>Looks at the doorbell and, where nothing changed, registers a waker for the next change or the close.</summary>
    /// <param name="waker">The task's waker. It may be registered with several doorbells at once: it is woken once, for
    /// whichever changes first, and then all of them are to be polled again.</param>
    /// <param name="value">As in <see cref="TryPoll"/>.</param>
    public DoorbellPoll Poll(Waker waker, out uint value)
    {
        ArgumentNullException.ThrowIfNull(waker);
        DoorbellPoll look = TryPoll(out value);
        if (look != DoorbellPoll.Pending) return look;
        Arm(waker);
        waker.BeginSleep();
        waker.FenceSleep();
        // The sleep goes on, whatever this look finds: other doorbells of the waker may have answered Pending on the
        // strength of it, and ending it here would lose their rings. At worst the waker is woken for what this poll has
        // taken already.
        look = TryPoll(out value);
        while (look == DoorbellPoll.Pending && !IsArmed)
        {
            Arm(waker);
            waker.FenceSleep();
            look = TryPoll(out value);
        }
        return look;
    }

    /// <summary>Part of going to sleep: lets a ring wake <paramref name="waker"/> and tells the guest to ring.</summary>
    public void Arm(Waker waker)
    {
        ArgumentNullException.ThrowIfNull(waker);
        // Acquire, and before EventIdx is looked up: the count of a switch comes with the EventIdx that it published.
        _armedSwitches = Memory.Switches;
        if (!ReferenceEquals(_waker, waker)) Follow(waker);
        // Written before the waker's SLEEPING (release): a ringer that sees the sleep sees what it is about.
        uint seen = SeenWord(_generation, _seen);
        if (Volatile.Read(ref _slot->Seen) != seen) Volatile.Write(ref _slot->Seen, seen);
        if (Volatile.Read(ref _slot->EventIdx) != 0) ArmEventIdx();
    }

    /// <summary>Stops rings from waking the task: for a doorbell it does not wait for now.</summary>
    public void Unfollow()
    {
        if (_waker is not { } waker) return;
        _waker = null;
        // Only our own entry: the doorbell may have a successor with a follower of its own by now.
        Interlocked.CompareExchange(ref _slot->Waker, Memory.Nobody, (nint)waker.Cell);
    }

    /// <summary>
    /// What a sleeper knows, bound to its opening: a follower that has not noticed the close yet may still write it,
    /// and must not make a ring of the next opening look like no news.
    /// </summary>
    internal static uint SeenWord(ulong home, uint value) => (Home.Generation(home) << 16) | value;

    private void Follow(Waker waker)
    {
        _waker = waker;
        waker.Follow(Memory);
        nint found;
        do
        {
            // Read before the opening is checked: if the doorbell is opened anew between the two, Open has written the
            // word and the exchange fails, or its follower registers after us and wins.
            found = Volatile.Read(ref _slot->Waker);
            if (!IsOurs(Volatile.Read(ref _slot->Home))) return;
        }
        while (Interlocked.CompareExchange(ref _slot->Waker, (nint)waker.Cell, found) != found);
    }

    private bool IsOurs(ulong home) => Home.SameGeneration(home, _generation) && !Home.IsClosed(home);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DoorbellPoll Look(out uint value)
    {
        // Acquire, pairs with the switch's publication of a home.
        if (Volatile.Read(ref _slot->Home) != _home) return LookAnew(out value);
        // Acquire, pairs with R2 of a ring, or with the guest's own store: queue entries are read after the tail.
        value = ReadValue(_cell);
        return DoorbellPoll.Pending;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint ReadValue(uint* cell)
    {
        uint raw = Volatile.Read(ref *cell);
        return raw <= DoorbellMemory.ValueMask ? raw : ReadWithReservedBits(cell, raw);
    }

    /// <summary>
    /// A value with reserved bits: the guest has set them, or a switch of homes is under way and has carried the value
    /// over. The latter is no news: the old home may have given us a newer one already, and the switch is about to carry
    /// that over too, and wakes us then. Without this a follower could see a doorbell go backwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint ReadWithReservedBits(uint* cell, uint raw)
    {
        if ((raw & DoorbellMemory.Carried) != 0 && Volatile.Read(ref _slot->Carrying) != 0) return _seen;
        // Read again: if the switch has ended since the first read, this one sees what it ended with.
        return Volatile.Read(ref *cell) & DoorbellMemory.ValueMask;
    }

    /// <summary>The home is another than last time, closed, or guest RAM.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DoorbellPoll LookAnew(out uint value)
    {
        while (true)
        {
            ulong home = Volatile.Read(ref _slot->Home);
            if (!IsOurs(home))
            {
                value = _seen;
                return DoorbellPoll.Closed;
            }
            var cell = (uint*)Home.Cell(home);
            if (Home.IsDirect(home))
            {
                _home = home;
                _cell = cell;
                value = ReadValue(cell);
                return DoorbellPoll.Pending;
            }
            _home = NoHome;
            if (TryEnterShadow(home))
            {
                value = ReadValue(cell);
                LeaveShadow();
                return DoorbellPoll.Pending;
            }
        }
    }

    /// <summary>
    /// Says "I look at this page" before the page is touched, so that a switch away waits. False: it has been replaced.
    /// </summary>
    private bool TryEnterShadow(ulong home)
    {
        Volatile.Write(ref _slot->Looking, 1u);
        // Pairs with H3 of the switch, which publishes the new home before it and reads Looking after it.
        if (!Memory.IsAsymmetric) Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _slot->Home) == home) return true;
        LeaveShadow();
        return false;
    }

    // Release: what was read from the page, or written to it, comes before.
    private void LeaveShadow() => Volatile.Write(ref _slot->Looking, 0u);

    /// <summary>
    /// Asks the guest to ring for the next change: EventIdx = the value we know. Written only before a sleep; while we
    /// are busy the guest is left not ringing. The sleeper's fence stands between this and its last look (the guest's
    /// own stands between its store of the value and its read of EventIdx), so one of the two sees the other.
    /// </summary>
    private void ArmEventIdx()
    {
        ulong home = Volatile.Read(ref _slot->Home);
        if (Home.IsDirect(home) || !IsOurs(home)) return; // moved: the switch wakes us to look again
        if (!TryEnterShadow(home)) return;
        var eventIdx = (uint*)Volatile.Read(ref _slot->EventIdx);
        // The cell itself is compared, not a memory of it: a queue of this identifier, or the guest, may have left
        // anything there.
        if (eventIdx != null && Volatile.Read(ref *eventIdx) != _seen) Volatile.Write(ref *eventIdx, _seen);
        LeaveShadow();
    }
}
