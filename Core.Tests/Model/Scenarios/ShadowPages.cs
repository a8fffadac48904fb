using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A shadow page and its EventIdx page in guest RAM, of two doorbells each.</summary>
internal sealed unsafe class ShadowPages
{
    private const int LengthBytes = 2 * sizeof(uint);
    private const ulong GuestAddress = 0x10_0000;

    private readonly World _world;
    private readonly bool _isWholePages;

    /// <param name="world">The machine.</param>
    /// <param name="name">In traces.</param>
    /// <param name="isWholePages">Whether they are to be a region of guest memory.</param>
    public ShadowPages(World world, string name = "shadow", bool isWholePages = false)
    {
        _world = world;
        _isWholePages = isWholePages;
        const int pageBytes = GuestMemory.PageBytes;
        Shadow = isWholePages ? world.Allocate(2 * pageBytes, pageBytes) : world.Allocate(LengthBytes, sizeof(uint));
        EventIdx = isWholePages ? Shadow + pageBytes : world.Allocate(LengthBytes, sizeof(uint));
        world.Name(Shadow, name, LengthBytes);
        world.Name(EventIdx, $"{name}'s EventIdx", LengthBytes);
    }

    public nint Shadow { get; }

    public nint EventIdx { get; private set; }

    /// <summary>Doorbell Buffer Config.</summary>
    public void Use(DoorbellMemory memory) =>
        _world.Check(memory.TryUseShadow(Shadow, EventIdx, LengthBytes), "the pages were refused");

    /// <summary>Doorbell Buffer Config with another EventIdx page; then nobody here touches the old one any more.</summary>
    public void MoveEventIdx(DoorbellMemory memory, ShadowPages other)
    {
        nint old = EventIdx;
        EventIdx = other.EventIdx;
        Use(memory);
        _world.Revoke(old, LengthBytes);
    }

    /// <summary>Doorbell Buffer Config by guest addresses.</summary>
    public void Use(DoorbellMemory memory, GuestMemory guest) =>
        _world.Check(TryUse(memory, guest), "the pages were refused");

    /// <summary>The same; false where they are not in guest memory now.</summary>
    public static bool TryUse(DoorbellMemory memory, GuestMemory guest) =>
        memory.TryUseShadow(guest, GuestAddress, GuestAddress + GuestMemory.PageBytes);

    /// <summary>The pages of a guest whose device has been restored and does not go on yet.</summary>
    public static void Prepare(DoorbellMemory memory, GuestMemory guest) =>
        memory.PrepareShadow(guest, GuestAddress, GuestAddress + GuestMemory.PageBytes);

    /// <summary>The pages appear in the guest's memory map.</summary>
    public void Add(GuestMemory guest)
    {
        _world.Restore(Shadow, 2 * GuestMemory.PageBytes);
        guest.AddRegion(GuestAddress, Shadow, 2 * GuestMemory.PageBytes);
    }

    /// <summary>The pages leave the guest's memory map; then nobody here touches them any more.</summary>
    public void Remove(GuestMemory guest)
    {
        GuestMemoryRemoval removal = guest.RemoveRegion(GuestAddress, 2 * GuestMemory.PageBytes, TimeSpan.FromDays(1));
        _world.Check(removal == GuestMemoryRemoval.Removed, $"the region was not removed: {removal}");
        Revoke();
    }

    /// <summary>The device has given them back: the guest does with them what it likes.</summary>
    public void Revoke()
    {
        _world.Revoke(Shadow, _isWholePages ? 2 * GuestMemory.PageBytes : LengthBytes);
        if (!_isWholePages)
            _world.Revoke(EventIdx, LengthBytes);
    }

    /// <summary>
    /// A driver's doorbell write by the specification (NVM Express Base Specification, B.5): the shadow value, a full fence,
    /// and whether the EventIdx asks for the register too.
    /// </summary>
    public bool Write(int id, uint value)
    {
        // SAFETY: inside the pages, which the arena keeps readable.
        uint* shadow = (uint*)Shadow + id;
        uint old = Volatile.Read(ref *shadow);
        Volatile.Write(ref *shadow, value);
        Interlocked.MemoryBarrier();
        uint eventIdx = Volatile.Read(ref *((uint*)EventIdx + id));
        return (ushort)(value - eventIdx - 1) < (ushort)(value - old);
    }

    /// <summary>Leaves something in an EventIdx entry.</summary>
    // SAFETY: as above.
    public void StoreEventIdx(int id, uint value) => Volatile.Write(ref *((uint*)EventIdx + id), value);

    /// <summary>Writes an entry, and nothing else.</summary>
    // SAFETY: as above.
    public void Store(int id, uint value) => Volatile.Write(ref *((uint*)Shadow + id), value);
}
