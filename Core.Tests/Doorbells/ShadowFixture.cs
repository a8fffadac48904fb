using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>Doorbells, and a guest whose RAM has room for two pairs of pages to be their homes, one after the other.</summary>
// SAFETY: the ids of the tests lie within the pages, which stay until the test has ended.
public abstract unsafe class ShadowFixture(DoorbellBarrier barrier)
{
    private protected const ulong Shadow = 0x10_0000;
    private protected const ulong EventIdx = 0x10_1000;
    private protected const ulong RamBytes = 0x4000;
    private protected const int Id = 4;

    private protected DoorbellBarrier Barrier => barrier;

    private protected GuestMemory Guest { get; private set; } = null!;

    private protected DoorbellMemory Memory { get; private set; } = null!;

    /// <summary>Where the guest's RAM is, of which Shadow is the first page.</summary>
    private protected nint Host { get; private set; }

    [SetUp]
    public void MakeDoorbells()
    {
        Guest = new GuestMemory();
        Host = Guest.AllocateRegion(Shadow, RamBytes);
        Memory = new DoorbellMemory(64, 0, barrier);
    }

    [TearDown]
    public void DisposeDoorbells()
    {
        Memory.Dispose();
        Guest.Dispose();
    }

    /// <summary>The doorbell's word in the page at Shadow.</summary>
    private protected ref uint InShadow(int id = Id) => ref Unsafe.AsRef<uint>((uint*)Host + id);

    /// <summary>The doorbell's word in the page at EventIdx.</summary>
    private protected ref uint InEventIdx(int id = Id) => ref Unsafe.AsRef<uint>((uint*)(Host + 0x1000) + id);
}
