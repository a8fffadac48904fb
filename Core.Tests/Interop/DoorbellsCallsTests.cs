using System.Runtime.InteropServices;
using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Interop;

// SAFETY: the pointers are to locals that outlive the calls, and to pages allocated here.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class DoorbellsCallsTests : IDisposable
{
    [ThreadStatic]
    private static int _calls;

    private readonly Handles _handles = new();

    public void Dispose() => _handles.Dispose();

    [Test]
    public void A_ring_is_polled_once()
    {
        ulong doorbells = _handles.Doorbells();
        uint value = 99;
        Assert.That(DoorbellsCalls.Open(doorbells, 1, 8), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, 0, &value), Is.EqualTo(Status.Pending));
        Assert.That(DoorbellsCalls.Ring(doorbells, 1, 0xABCD0005), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, 0, &value), Is.EqualTo(Status.Ok));
        Assert.That(value, Is.EqualTo(5));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, 0, &value), Is.EqualTo(Status.Pending));
    }

    [Test]
    public void A_ring_that_has_no_effect_says_why()
    {
        ulong doorbells = _handles.Doorbells();
        Assert.That(DoorbellsCalls.Open(doorbells, 1, 8), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Ring(doorbells, 1, 8), Is.EqualTo(Status.Value));
        Assert.That(DoorbellsCalls.Ring(doorbells, 2, 1), Is.EqualTo(Status.Closed));
        Assert.That(DoorbellsCalls.Ring(doorbells, 4, 1), Is.EqualTo(Status.Range));
        Assert.That(DoorbellsCalls.Ring(doorbells, uint.MaxValue, 1), Is.EqualTo(Status.Range));
    }

    [Test]
    public void Openings_and_closes_say_what_is_wrong_with_them()
    {
        ulong doorbells = _handles.Doorbells();
        Assert.That(DoorbellsCalls.Open(doorbells, 1, 8), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Open(doorbells, 1, 8), Is.EqualTo(Status.Exists));
        Assert.That(DoorbellsCalls.Open(doorbells, 4, 8), Is.EqualTo(Status.Range));
        Assert.That(DoorbellsCalls.Open(doorbells, 2, 1), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.Close(doorbells, 4), Is.EqualTo(Status.Range));
        Assert.That(DoorbellsCalls.Close(doorbells, 1), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Close(doorbells, 1), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Open(doorbells, 1, 8), Is.EqualTo(Status.Ok));
    }

    [Test]
    public void A_waker_is_called_for_the_next_change_and_for_the_close()
    {
        ulong doorbells = _handles.Doorbells();
        ulong waker;
        uint value;
        _calls = 0;
        Assert.That(DoorbellsCalls.CreateWaker(&Count, null, &waker), Is.EqualTo(Status.Ok));
        DoorbellsCalls.Open(doorbells, 1, 8);
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, waker, &value), Is.EqualTo(Status.Pending));
        DoorbellsCalls.Ring(doorbells, 1, 1);
        DoorbellsCalls.Ring(doorbells, 1, 2);
        Assert.That(_calls, Is.EqualTo(1));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, waker, &value), Is.EqualTo(Status.Ok));
        Assert.That(value, Is.EqualTo(2));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, waker, &value), Is.EqualTo(Status.Pending));
        DoorbellsCalls.Close(doorbells, 1);
        Assert.That(_calls, Is.EqualTo(2));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, waker, &value), Is.EqualTo(Status.Closed));
        Assert.That(DoorbellsCalls.FreeWaker(waker), Is.EqualTo(Status.Ok));
        Assert.That(DoorbellsCalls.Poll(doorbells, 1, waker, &value), Is.EqualTo(Status.Handle));
        Assert.That(DoorbellsCalls.FreeWaker(waker), Is.EqualTo(Status.Handle));
    }

    [Test]
    public void Values_move_into_shadow_pages_and_back()
    {
        ulong doorbells = _handles.Doorbells();
        uint* shadow = stackalloc uint[8];
        uint* eventIdx = stackalloc uint[8];
        DoorbellsCalls.Open(doorbells, 1, 8);
        DoorbellsCalls.Ring(doorbells, 1, 5);
        Assert.That(DoorbellsCalls.SetShadow(doorbells, shadow, eventIdx, 32), Is.EqualTo(Status.Ok));
        Assert.That(shadow[1], Is.EqualTo(5));
        DoorbellsCalls.Ring(doorbells, 1, 6);
        Assert.That(shadow[1], Is.EqualTo(6));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, null, null, 0), Is.EqualTo(Status.Ok));
        DoorbellsCalls.Ring(doorbells, 1, 7);
        Assert.That(shadow[1], Is.EqualTo(6));
    }

    [Test]
    public void Shadow_pages_that_cannot_be_used_are_refused()
    {
        ulong doorbells = _handles.Doorbells();
        byte* pages = stackalloc byte[64];
        Assert.That(DoorbellsCalls.SetShadow(doorbells, pages, null, 32), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, null, pages, 32), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, pages, pages, 32), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, pages, pages + 16, 32), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, pages, pages + 32, 3), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.SetShadow(doorbells, pages + 2, pages + 34, 30), Is.EqualTo(Status.Argument));
    }

    [Test]
    public void Edge41_Allocation_failures_and_bad_ranges_are_statuses()
    {
        DoorbellsConfig config = new() { Size = Handles.SizeOf<DoorbellsConfig>(), Count = 131_073 };
        ulong handle = 7;
        void* view = &handle;
        Assert.That(DoorbellsCalls.Create(&config, &handle, &view), Is.EqualTo(Status.Argument));
        Assert.That(handle, Is.Zero);
        Assert.That((long)view, Is.Zero);
        config.Count = 2;
        config.Stride = 9;
        Assert.That(DoorbellsCalls.Create(&config, &handle, &view), Is.EqualTo(Status.Argument));
        config.Stride = 0;
        Assert.That(DoorbellsCalls.Create(&config, null, &view), Is.EqualTo(Status.Argument));
        Assert.That(DoorbellsCalls.CreateWaker(null, null, &handle), Is.EqualTo(Status.Argument));
    }

    [Test]
    public void Rings_that_are_refused_allocate_nothing()
    {
        ulong doorbells = _handles.Doorbells();
        DoorbellsCalls.Open(doorbells, 1, 8);
        RingAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            RingAll();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void RingAll()
        {
            for (uint id = 0; id < 6; id++)
                DoorbellsCalls.Ring(doorbells, id, id + 6);
        }
    }

    [UnmanagedCallersOnly]
    private static void Count(void* context) => _calls++;
}
