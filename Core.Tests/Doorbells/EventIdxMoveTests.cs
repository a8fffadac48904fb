using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>EventIdx goes to another page, and the shadow values stay where they are.</summary>
[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
public sealed unsafe class EventIdxMoveTests(DoorbellBarrier barrier) : ShadowFixture(barrier)
{
    private ref uint SecondEventIdx => ref Unsafe.AsRef<uint>((uint*)(Host + 0x2000) + Id);

    [Test]
    public void Edge20_EventIdx_alone_moves_to_another_page_and_the_old_one_is_left()
    {
        using Waker waker = Waker.FromCallback(_ => { }, null);
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        InShadow() = 5;
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(InEventIdx(), Is.EqualTo(5));
        // Doorbell Buffer Config again: the shadow page of before, another for EventIdx.
        Assert.That(Memory.TryUseShadow(Guest, Shadow, EventIdx + 0x1000), Is.True);
        Assert.That(Memory.GetSnapshot(Id).Sleeper, Is.EqualTo(DoorbellSleeper.Woken), "or the guest is not told to ring");
        Assert.That(InShadow(), Is.EqualTo(5));
        state.Poll(waker, out _);
        Assert.That(SecondEventIdx, Is.EqualTo(5));
        InEventIdx() = 99;
        InShadow() = 6;
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That((InEventIdx(), SecondEventIdx), Is.EqualTo((99u, 6u)));
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
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(guest, Shadow, EventIdx);
        int switches = Memory.Switches;
        guest.AllocateRegion(0x80_0000, 0x1000);
        Assert.That(Memory.Switches, Is.EqualTo(switches));

        Assert.That(guest.RemoveRegion(EventIdx, 0x1000, TimeSpan.FromSeconds(30)), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(Memory.IsShadow, Is.True);
        Memory.Ring(Id, 7);
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(*((uint*)moved + Id), Is.EqualTo(7));
        Memory.UsePrivate();
    }
}
