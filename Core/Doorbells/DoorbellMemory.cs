using System.Runtime.CompilerServices;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Doorbells;

/// <summary>
/// The central authority for doorbell values: knows where each doorbell's value lives and who sleeps on it.
/// </summary>
/// <remarks>
/// <para>Contract of a ring: the value is stored in the doorbell's one home, then its sleeper is woken. A follower
/// whose last look did not see the value is woken by this ring or by a later one; none is lost.</para>
/// <code>
///  ring (any thread)                          sleep (the follower's thread)
///  R1 home = slot.Home          acquire       S1 slot.Seen, slot.Waker, EventIdx
///  R2 *home = value             release       S2 waker.State = SLEEPING          release
///  R3 StoreLoad                               S3 StoreLoad (process-wide, or full)
///  R4 slot.Home != home: again                S4 look at every followed doorbell
///  R5 waker.State == SLEEPING: claim, wake    S5 changed: take the sleep back by CompareExchange
/// </code>
/// <para>No wake is lost: of R2→R5 and S2→S4 at least one load sees the other's store, because a fence stands between
/// on both sides (or the sleeper's process-wide one serves both). If S4 misses the value, R5 sees SLEEPING.</para>
/// <para>A potential race (is safely handled): the home is replaced between R1 and R2. R4 sees it, because a switch
/// publishes the new home, runs the process-wide barrier, and only then takes over what the old one holds: either the
/// switch finds the store or R4 finds the new home. Another: the doorbell is closed and opened again between R1 and
/// R2. The generation in the home word differs, so the ring is dropped, and what it stored lies in a cell of the
/// earlier opening.</para>
/// <para>Thread-safety: every member from any thread. <see cref="Ring"/> and <see cref="Kick"/> take no lock and
/// allocate nothing; the others serialise on one lock.</para>
/// </remarks>
public sealed unsafe partial class DoorbellMemory : IDisposable
{
    /// <summary>The most doorbells: tail and head of 65,536 queues (queue identifiers have 16 bits).</summary>
    public const int MaxCount = 131_072;

    /// <summary>The least.</summary>
    public const int MinCount = 2;

    /// <summary>The largest CAP.DSTRD that is taken: 1024 bytes between doorbells.</summary>
    public const int MaxStrideExponent = 8;

    /// <summary>The highest limit of a doorbell: the values of a queue of 65,536 entries.</summary>
    public const uint MaxLimit = 65_536;

    /// <summary>Doorbell registers carry a queue index in bits 15..0; the rest is reserved.</summary>
    internal const uint ValueMask = 0xFFFF;

    private readonly LastingBlock _block;
    private readonly DoorbellHeader* _header;
    private readonly DoorbellSlot* _slots;
    private readonly bool _symmetric;
    private readonly Lock _gate = new();
    private readonly DoorbellState?[] _states;
    private readonly byte[] _ownCells; // of each doorbell, the private cell taken last
    private readonly int _strideShift;

    /// <summary>As many as there are where rings run no fence, else 0: one comparison tells a ring both.</summary>
    private int _unfencedCount;

    private int _count;

    /// <summary>Makes the memory for a number of doorbells, all of them closed.</summary>
    /// <param name="count">Doorbells, <see cref="MinCount"/> to <see cref="MaxCount"/>.</param>
    /// <param name="strideExponent">CAP.DSTRD: registers are 4 &lt;&lt; strideExponent bytes apart.</param>
    /// <param name="barrier">Who pays for the fence of a ring.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public DoorbellMemory(int count, int strideExponent = 0, DoorbellBarrier barrier = DoorbellBarrier.Default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, MinCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(strideExponent, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(strideExponent, MaxStrideExponent);
        if (barrier is < DoorbellBarrier.Default or > DoorbellBarrier.Adaptive)
            throw new ArgumentOutOfRangeException(nameof(barrier));

        _symmetric = barrier == DoorbellBarrier.Symmetric || !StoreLoad.HasProcessWide;
        IsAdaptive = barrier != DoorbellBarrier.Asymmetric;
        _strideShift = 2 + strideExponent;
        _states = new DoorbellState?[count];
        _ownCells = new byte[count];
        _block = new LastingBlock((nuint)(DoorbellHeader.SizeBytes + (long)count * DoorbellSlot.SizeBytes));
        // SAFETY: the block holds the header and count slots, and stays mapped for as long as the process lives.
        _header = (DoorbellHeader*)_block.Address;
        _slots = (DoorbellSlot*)(_block.Address + DoorbellHeader.SizeBytes);
        _header->Flags = _symmetric ? DoorbellHeader.Symmetric : 0;
        _header->AbiVersion = DoorbellHeader.CurrentAbiVersion;
        _header->StrideBytes = 1u << _strideShift;
        _count = count;
        _unfencedCount = _symmetric ? 0 : count;
        _header->UnfencedCount = (uint)_unfencedCount;
        Volatile.Write(ref _header->Count, (uint)count);
    }

    /// <summary>Lets the native memory go if it was not disposed.</summary>
    ~DoorbellMemory() => Retire();

    /// <summary>Number of doorbells; 0 after <see cref="Dispose"/>.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>True where sleepers pay for the fence of rings, be it that they may ask the ringers to.</summary>
    public bool IsAsymmetric => !_symmetric;

    /// <summary>Whether sleepers may ask the ringers to fence; symmetric ones do anyway.</summary>
    internal bool IsAdaptive { get; }

    /// <summary>Distance of two doorbell registers in BAR0, in bytes.</summary>
    public int StrideBytes => 1 << _strideShift;

    /// <summary>Address of the <c>nvmedb_doorbells</c> that the C header's inline ring works on.</summary>
    public nint NativeView => (nint)_header;

    /// <summary>Address of the waker cell of doorbells that nobody follows.</summary>
    internal nint Nobody => (nint)(&_header->Nobody);

    /// <summary>Number of a submission queue's tail doorbell: 2y (PCIe Transport, 3.1.2.1).</summary>
    public static int TailId(int queueId) => 2 * queueId;

    /// <summary>Number of a completion queue's head doorbell: 2y + 1 (PCIe Transport, 3.1.2.2).</summary>
    public static int HeadId(int queueId) => 2 * queueId + 1;

    /// <summary>A doorbell write: stores the value, then wakes whoever sleeps on it.</summary>
    /// <param name="id">Number of the doorbell.</param>
    /// <param name="value">The queue's new tail or head; bits 31..16 are ignored.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RingResult Ring(int id, uint value)
    {
        if ((uint)id >= (uint)_unfencedCount) return RingFenced(id, value);
        // SAFETY: id is below the number of slots, and the slots stay mapped.
        DoorbellSlot* slot = _slots + (uint)id;
        // R1. Acquire, pairs with the publication of a home (PublishHome): the cell's contents come with its address.
        ulong home = Volatile.Read(ref slot->Home);
        if (!Home.IsDirect(home) || value >= Volatile.Read(ref slot->Limit)) return RingRare(slot, value, home);
        // R2. Release, pairs with the follower's acquire in TryPoll: the entries the guest wrote come before the tail.
        Volatile.Write(ref *(uint*)Home.Cell(home), value);
        // R3. Without it this thread's loads below may be taken before its store is visible: S4 misses the value and
        // R5 misses SLEEPING. Here the sleeper's process-wide barrier stands in for it.
        // An open doorbell has a waker: nobody's, if nobody follows it. Read before R4: zeroes, of memory let go meanwhile,
        // then show as another home.
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        // R4. Without it a value stored in a home that has just been replaced stays there, unseen.
        if (Volatile.Read(ref slot->Home) != home) return RingRare(slot, value, home);
        // R5. Of the three states only SLEEPING has bit 0 set. Where the sleeper wants it this ring runs R3 after all.
        if ((Volatile.Read(ref waker->State) & (WakerCell.Sleeping | WakerCell.Fenced)) != 0) return WakeFollower(slot, home, value);
        return RingResult.Ok;
    }

    /// <summary>
    /// Wakes whoever sleeps on a doorbell to look again, and stores nothing: for a notification that carries no value,
    /// of a doorbell whose value the guest keeps in its shadow page.
    /// </summary>
    /// <param name="id">Number of the doorbell.</param>
    public RingResult Kick(int id)
    {
        if ((uint)id >= (uint)_count) return RingResult.OutOfRange;
        DoorbellSlot* slot = _slots + (uint)id;
        // The guest's store to the shadow page happened before its notification; this fence orders both before R5.
        Interlocked.MemoryBarrier();
        WakeAnyway(slot);
        GC.KeepAlive(this);
        return RingResult.Ok;
    }

    /// <summary>
    /// Closes every doorbell and lets the native memory go. Rings under way or later, inline ones too, find no doorbell.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_count == 0) return;
            LeaveShadow();
            for (int id = 0; id < _states.Length; id++) CloseLocked(id);
            Volatile.Write(ref _unfencedCount, 0);
            Volatile.Write(ref _count, 0);
            Forget();
        }
        Retire();
        GC.SuppressFinalize(this);
    }

    private static void WakeAnyway(DoorbellSlot* slot)
    {
        var waker = (WakerCell*)Volatile.Read(ref slot->Waker);
        if (waker != null) Waker.WakeIfSleeping(waker);
    }

    /// <summary>A ring that runs the fence itself, or of a doorbell that is not there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private RingResult RingFenced(int id, uint value)
    {
        if ((uint)id >= (uint)_count) return RingResult.OutOfRange;
        DoorbellSlot* slot = _slots + (uint)id;
        return RingRare(slot, value, Volatile.Read(ref slot->Home));
    }

    /// <summary>
    /// Closed, a value out of limit or with reserved bits, a shadow home, a home that was replaced under way, or a ring
    /// that runs the fence itself.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RingResult RingRare(DoorbellSlot* slot, uint value, ulong firstHome)
    {
        value &= ValueMask;
        while (true)
        {
            ulong home = Volatile.Read(ref slot->Home);
            // Another generation: the doorbell this ring was for is gone; it must not reach its successor.
            if (Home.IsClosed(home) || !Home.SameGeneration(home, firstHome)) return RingResult.Closed;
            if (value >= Volatile.Read(ref slot->Limit))
            {
                // Of this home, or of the close, or the next opening, that has come between the two looks?
                if (Volatile.Read(ref slot->Home) != home) continue;
                return RingResult.InvalidValue;
            }
            var cell = (uint*)Home.Cell(home);
            if (Home.IsDirect(home))
            {
                Volatile.Write(ref *cell, value);
                Interlocked.MemoryBarrier(); // R3, whatever the mode
            }
            else
            {
                // Guest RAM. Counted in before the second look at the home: a switch replaces the home first and waits
                // for the count second, so the page is not given back while a store to it may come.
                Interlocked.Increment(ref slot->Visitors);
                bool isStill = Volatile.Read(ref slot->Home) == home;
                if (isStill) Volatile.Write(ref *cell, value);
                Interlocked.Decrement(ref slot->Visitors); // its fence is R3
                // Not R4's to find out: the same page may be the home once more by then.
                if (!isStill) continue;
            }
            if (Volatile.Read(ref slot->Home) != home) continue;
            Waker.WakeFollower(slot, home, value);
            return RingResult.Ok;
        }
    }

    /// <summary>
    /// The end of a ring that finds a sleeper, or one that wants it to fence. It returns the ring's result, and nothing here
    /// is an instance's, so that <see cref="Ring"/> ends in jumps and saves no register.
    /// </summary>
    /// <remarks>
    /// The memory may be collected while a last ring is under way: its slots are then zeroed and stay mapped, so that the
    /// ring finds the doorbell closed.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RingResult WakeFollower(DoorbellSlot* slot, ulong home, uint value)
    {
        Interlocked.MemoryBarrier(); // R3, before the state is looked at again
        Waker.WakeFollower(slot, home, value);
        return RingResult.Ok;
    }

    private void Retire()
    {
        if (_header != null)
        {
            Volatile.Write(ref _header->UnfencedCount, 0);
            Volatile.Write(ref _header->Count, 0);
            // Where nobody has closed them: homes go before the wakers do, see the ring.
            for (int id = 0; id < _states.Length; id++)
                if (_states[id] is not null) Volatile.Write(ref _slots[id].Home, 0);
            Interlocked.MemoryBarrier();
        }
        _block?.Retire();
    }
}
