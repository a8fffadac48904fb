using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A shadow page and its EventIdx page in guest RAM, of two doorbells each.</summary>
internal sealed unsafe class ShadowPages
{
    private const int LengthBytes = 2 * sizeof(uint);

    private readonly World _world;

    public ShadowPages(World world, string name = "shadow")
    {
        _world = world;
        Shadow = world.Allocate(LengthBytes, sizeof(uint));
        EventIdx = world.Allocate(LengthBytes, sizeof(uint));
        world.Name(Shadow, name, LengthBytes);
        world.Name(EventIdx, $"{name}'s EventIdx", LengthBytes);
    }

    public nint Shadow { get; }

    public nint EventIdx { get; }

    /// <summary>Doorbell Buffer Config.</summary>
    public void Use(DoorbellMemory memory) =>
        _world.Check(memory.TryUseShadow(Shadow, EventIdx, LengthBytes), "the pages were refused");

    /// <summary>The device has given them back: the guest does with them what it likes.</summary>
    public void Revoke()
    {
        _world.Revoke(Shadow, LengthBytes);
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
}
