using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>EventIdx goes to another page, and the shadow values stay where they are.</summary>
[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
public sealed unsafe class EventIdxMoveTests(DoorbellBarrier barrier)
{
    private const ulong Shadow = 0x10_0000;
    private const ulong EventIdx = 0x10_1000;
    private const int Id = 4;

    private GuestMemory _guest = null!;
    private DoorbellMemory _memory = null!;
    private nint _host;

    [SetUp]
    public void SetUp()
    {
        _guest = new GuestMemory();
        _host = _guest.AllocateRegion(Shadow, 0x3000);
        _memory = new DoorbellMemory(64, 0, barrier);
    }

    [TearDown]
    public void TearDown()
    {
        _memory.Dispose();
        _guest.Dispose();
    }

    private ref uint Shadowed => ref Unsafe.AsRef<uint>((uint*)_host + Id);

    private ref uint FirstEventIdx => ref Unsafe.AsRef<uint>((uint*)(_host + 0x1000) + Id);

    private ref uint SecondEventIdx => ref Unsafe.AsRef<uint>((uint*)(_host + 0x2000) + Id);

    [Test]
    public void Edge20_EventIdx_alone_moves_to_another_page_and_the_old_one_is_left()
    {
        using Waker waker = Waker.FromCallback(_ => { }, null);
        DoorbellState state = _memory.Open(Id, 16);
        _memory.TryUseShadow(_guest, Shadow, EventIdx);
        Shadowed = 5;
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(FirstEventIdx, Is.EqualTo(5));
        // Doorbell Buffer Config again: the shadow page of before, another for EventIdx.
        Assert.That(_memory.TryUseShadow(_guest, Shadow, EventIdx + 0x1000), Is.True);
        Assert.That(_memory.GetSnapshot(Id).Sleeper, Is.EqualTo(DoorbellSleeper.Woken), "or the guest is not told to ring");
        Assert.That(Shadowed, Is.EqualTo(5));
        state.Poll(waker, out _);
        Assert.That(SecondEventIdx, Is.EqualTo(5));
        FirstEventIdx = 99;
        Shadowed = 6;
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That((FirstEventIdx, SecondEventIdx), Is.EqualTo((99u, 6u)));
    }

    [Test]
    public void Edge18_Changes_of_guest_memory_elsewhere_move_nothing_and_those_of_a_page_move_what_lies_in_it()
    {
        using GuestMemory guest = new();
        nint moved = 0;
        guest.AllocateRegion(Shadow, 0x1000);
        guest.AllocateRegion(EventIdx, 0x1000);
        // Told first of what goes, it has something else in its place before the doorbells are told.
        guest.Subscribe(() =>
        {
            if (guest.RegionCount == 2)
                moved = guest.AllocateRegion(EventIdx, 0x1000);
        });
        using Waker waker = Waker.FromCallback(_ => { }, null);
        DoorbellState state = _memory.Open(Id, 16);
        _memory.TryUseShadow(guest, Shadow, EventIdx);
        int switches = _memory.Switches;
        guest.AllocateRegion(0x80_0000, 0x1000);
        Assert.That(_memory.Switches, Is.EqualTo(switches));

        Assert.That(guest.RemoveRegion(EventIdx, 0x1000, TimeSpan.FromSeconds(30)), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(_memory.IsShadow, Is.True);
        _memory.Ring(Id, 7);
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(*((uint*)moved + Id), Is.EqualTo(7));
        _memory.UsePrivate();
    }
}
