using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>Homes in guest RAM: values that move, EventIdx, pages that come and go.</summary>
[TestFixture(DoorbellBarrier.Asymmetric)]
[TestFixture(DoorbellBarrier.Symmetric)]
public sealed unsafe class ShadowTests(DoorbellBarrier barrier) : ShadowFixture(barrier)
{
    [Test]
    public void Edge15_Values_move_with_their_homes_there_and_back()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.Ring(Id, 5);
        Assert.That(Memory.TryUseShadow(Guest, Shadow, EventIdx), Is.True);
        Assert.That(InShadow(), Is.EqualTo(5));
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(5));
        InShadow() = 6;
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        InShadow() = 7;
        Assert.That(Memory.TryUseShadow(Guest, Shadow + 0x2000, EventIdx + 0x2000), Is.True, "other pages");
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(7));
        Memory.UsePrivate();
        InShadow() = 9;
        InShadow(Id + 0x800) = 9;
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Pending));
        Memory.Ring(Id, 8);
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(8));
        Assert.That(InShadow(), Is.EqualTo(9), "Edge17: the page is not touched any more");
    }

    [Test]
    public void Edge15_Every_sleeper_is_woken_by_a_switch_to_look_again()
    {
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        DoorbellState state = Memory.Open(Id, 16);
        state.Poll(waker, out _);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        Assert.That(calls, Is.EqualTo(1));
        state.Poll(waker, out _);
        Memory.UsePrivate();
        Assert.That(calls, Is.EqualTo(2));
        state.Poll(waker, out _);
        Memory.Ring(Id, 1);
        Assert.That(calls, Is.EqualTo(3));
    }

    [Test]
    public void Edge15_A_value_that_a_switch_carries_is_no_news_until_the_switch_has_looked_again()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.Ring(Id, 7);
        state.TryPoll(out _);
        // The middle of a switch, between H2 and H5: the new home holds 5, copied before the follower saw 7 in the old.
        var slot = (DoorbellSlot*)(Memory.NativeView + DoorbellHeader.SizeBytes) + Id;
        var cell = (uint*)Home.Cell(slot->Home);
        slot->Carrying = 1;
        *cell = 5 | DoorbellMemory.Carried;
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.EqualTo(7));
        *cell = 8;
        slot->Carrying = 0;
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        *cell = 9 | DoorbellMemory.Carried;
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready), "Edge04: a guest's own reserved bits");
        Assert.That(value, Is.EqualTo(9));
    }

    [Test]
    public void Edge16_A_queue_created_again_starts_at_zero_and_is_armed()
    {
        using Waker waker = Waker.FromCallback(static _ => { }, null);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        DoorbellState state = Memory.Open(Id, 16);
        InShadow() = 5;
        state.TryPoll(out _);
        state.Poll(waker, out _);
        Assert.That(InEventIdx(), Is.EqualTo(5));
        Memory.Close(Id);

        state = Memory.Open(Id, 16);
        Assert.That(InShadow(), Is.Zero);
        Assert.That(InEventIdx(), Is.Zero);
        state.Poll(waker, out _);
        Assert.That(MustRing(InEventIdx(), oldValue: 0, newValue: 1), Is.True, "the guest's own test");
    }

    [Test]
    public void Edge17_Nothing_touches_the_pages_once_a_closed_doorbell_left_them()
    {
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        Memory.Open(Id, 16);
        Memory.Close(Id);
        Memory.UsePrivate();
        InShadow() = 0xAAAA;
        Assert.That(Memory.Ring(Id, 3), Is.EqualTo(RingResult.Closed));
        Memory.Open(Id, 16);
        Memory.Ring(Id, 3);
        Assert.That(InShadow(), Is.EqualTo(0xAAAA));
    }

    [TestCase(Shadow + 8, EventIdx)]
    [TestCase(Shadow, EventIdx + 2048)]
    [TestCase(Shadow, Shadow)]
    [TestCase(0x9000_0000UL, EventIdx)]
    [TestCase(Shadow, 0x9000_0000UL)]
    public void Edge18_Bad_pages_are_refused_and_change_nothing(ulong shadow, ulong eventIdx)
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.Ring(Id, 5);
        Assert.That(Memory.TryUseShadow(Guest, shadow, eventIdx), Is.False);
        Assert.That(Memory.IsShadow, Is.False);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(5));
    }

    [Test]
    public void Edge18_A_page_that_goes_away_and_comes_back_loses_no_value()
    {
        nint page = Guest.AllocateRegion(0x20_0000, 0x2000);
        ref uint inPage = ref Unsafe.AsRef<uint>((void*)(page + Id * 4));
        ref uint other = ref Unsafe.AsRef<uint>((void*)(page + 6 * 4));
        DoorbellState state = Memory.Open(Id, 16), registerOnly = Memory.Open(6, 16);
        Assert.That(Memory.TryUseShadow(Guest, 0x20_0000, 0x20_1000), Is.True);
        inPage = 3;
        Assert.That(Guest.RemoveRegion(0x20_0000, 0x2000, TimeSpan.FromSeconds(5)), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(Memory.IsShadow, Is.False);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(3));
        inPage = 7; // the guest goes on writing its RAM
        Memory.Ring(6, 2); // and its register, where it never writes the page
        Guest.AddRegion(0x20_0000, page, 0x2000);
        Assert.That(Memory.IsShadow, Is.True);
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(7));
        Assert.That(registerOnly.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(2));
        Assert.That(other, Is.EqualTo(2));
    }

    [Test]
    public void Edge18_A_page_that_goes_while_it_is_made_the_shadow_page_is_left_again()
    {
        const int Rounds = 20_000;
        nint page = Guest.AllocateRegion(0x20_0000, 0x2000);
        bool isOver = false;
        var guest = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Memory.TryUseShadow(Guest, 0x20_0000, 0x20_1000);
                Memory.UsePrivate();
            }
        });
        guest.Start();
        int wrong = 0;
        for (int round = 0; round < Rounds && wrong == 0; round++)
        {
            if (Guest.RemoveRegion(0x20_0000, 0x2000, TimeSpan.FromSeconds(5)) != GuestMemoryRemoval.Removed || Memory.IsShadow)
                wrong = round + 1;
            Guest.AddRegion(0x20_0000, page, 0x2000);
        }
        Volatile.Write(ref isOver, true);
        guest.Join();
        Assert.That(wrong, Is.Zero, "the round in which the page had gone and was the shadow page");
    }

    [Test]
    public void Edge15_Values_move_into_other_pages_while_the_old_ones_are_away()
    {
        Guest.AllocateRegion(0x20_0000, 0x2000);
        DoorbellState state = Memory.Open(Id, 16);
        Assert.That(Memory.TryUseShadow(Guest, 0x20_0000, 0x20_1000), Is.True);
        Memory.Ring(Id, 5);
        Assert.That(Guest.RemoveRegion(0x20_0000, 0x2000, TimeSpan.FromSeconds(5)), Is.EqualTo(GuestMemoryRemoval.Removed));
        InShadow() = 9; // the new page holds anything
        Assert.That(Memory.TryUseShadow(Guest, Shadow, EventIdx), Is.True);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(5));
    }

    [Test]
    public void Edge16_A_queue_created_while_the_page_is_away_begins_at_0_when_it_comes_back()
    {
        nint page = Guest.AllocateRegion(0x20_0000, 0x2000);
        ref uint inPage = ref Unsafe.AsRef<uint>((void*)(page + Id * 4));
        Assert.That(Memory.TryUseShadow(Guest, 0x20_0000, 0x20_1000), Is.True);
        inPage = 9;
        Assert.That(Guest.RemoveRegion(0x20_0000, 0x2000, TimeSpan.FromSeconds(5)), Is.EqualTo(GuestMemoryRemoval.Removed));
        DoorbellState state = Memory.Open(Id, 16);
        Guest.AddRegion(0x20_0000, page, 0x2000);
        Assert.That(Memory.IsShadow, Is.True);
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(inPage, Is.Zero);
    }

    [Test]
    public void Edge19_A_register_write_stores_to_the_page_and_wakes()
    {
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        DoorbellState state = Memory.Open(Id, 16);
        state.Poll(waker, out _);
        Assert.That(Memory.Ring(Id, 4), Is.EqualTo(RingResult.Ok));
        Assert.That(InShadow(), Is.EqualTo(4));
        Assert.That(calls, Is.EqualTo(1));
        state.TryPoll(out _);
        state.Poll(waker, out _);
        InShadow() = 5; // a guest that writes both, as libvfn does
        Memory.Ring(Id, 5);
        Assert.That(calls, Is.EqualTo(2), "the value in the page is the guest's own, the sleeper does not know it");
    }

    [Test]
    public void Edge20_EventIdx_moves_only_before_a_sleep()
    {
        using Waker waker = Waker.FromCallback(static _ => { }, null);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        DoorbellState state = Memory.Open(Id, 16);
        for (uint i = 1; i < 8; i++)
        {
            InShadow() = i;
            state.TryPoll(out _);
        }
        Assert.That(InEventIdx(), Is.Zero, "busy: the guest is left not ringing");
        state.Poll(waker, out _);
        Assert.That(InEventIdx(), Is.EqualTo(7));
    }

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(16u)]
    [TestCase(4096u)]
    public void Edge21_A_guest_whose_device_sleeps_is_always_asked_to_ring_wherever_its_queue_wraps(uint entries)
    {
        using Waker waker = Waker.FromCallback(static _ => { }, null);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        DoorbellState state = Memory.Open(Id, entries);
        uint tail = 0;
        for (uint sleep = 0; sleep < 3 * entries; sleep++)
        {
            state.Poll(waker, out _);
            for (uint advance = 1; advance < entries; advance = entries > 16 ? advance * 2 : advance + 1)
            {
                uint next = (tail + advance) % entries;
                if (!MustRing(InEventIdx(), tail, next))
                    Assert.Fail($"from {tail} to {next} of {entries}, EventIdx {InEventIdx()}");
            }
            InShadow() = tail = (tail + 1 + sleep % (entries - 1)) % entries;
            Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
            Assert.That(value, Is.EqualTo(tail));
        }
    }

    [Test]
    public void Edge22_Doorbells_that_do_not_fit_a_page_stay_private()
    {
        using var large = new DoorbellMemory(1025, 0, Barrier);
        Assert.That(large.TryUseShadow(Guest, Shadow, EventIdx), Is.False);
        using var wide = new DoorbellMemory(64, 5, Barrier);
        Assert.That(wide.TryUseShadow(Guest, Shadow, EventIdx), Is.False);
    }

    [Test]
    public void Edge18_Bad_host_pages_are_refused_and_change_nothing()
    {
        nint page = Host, eventIdx = Host + 0x1000;
        foreach ((nint shadow, nint other) in new (nint, nint)[] { (0, eventIdx), (page, 0), (page + 2, eventIdx), (page, eventIdx + 1), (page, page) })
            Assert.That(Memory.TryUseShadow(shadow, other, 0x1000), Is.False);
        Assert.That(Memory.TryUseShadow(unchecked((nint)0x7FFF_FFFF_FFFF_F000), eventIdx, 0x1000), Is.False, "an address of more than 48 bits");
        Assert.That(Memory.IsShadow, Is.False);
        using var mapped = new DoorbellMemory(16, 0, Barrier);
        mapped.EnableMappedPage();
        Assert.That(mapped.TryUseShadow(page, eventIdx, 0x1000), Is.False);
        var gone = new DoorbellMemory(16, 0, Barrier);
        gone.Dispose();
        Assert.That(gone.TryUseShadow(page, eventIdx, 0x1000), Is.False);
        Assert.That(gone.TryUseShadow(Guest, Shadow, EventIdx), Is.False);
    }

    [Test]
    public void Host_pages_are_homes_of_the_doorbells_that_fit_them()
    {
        DoorbellState inside = Memory.Open(1, 16), outside = Memory.Open(2, 16);
        Assert.That(Memory.TryUseShadow(Guest, Shadow, EventIdx), Is.True, "which the host pages take the place of");
        Assert.That(Memory.TryUseShadow(Host + 0x2000, Host + 0x3000, 8), Is.True);
        Memory.Ring(1, 3);
        Memory.Ring(2, 4);
        Assert.That(InShadow(0x800 + 1), Is.EqualTo(3));
        Assert.That(InShadow(0x800 + 2), Is.Zero);
        Assert.That(inside.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(3));
        Assert.That(outside.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(4));
    }

    [Test]
    public void Edge15_Values_move_into_another_guests_pages()
    {
        using GuestMemory other = new();
        nint host = other.AllocateRegion(Shadow, 0x4000);
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        Memory.Ring(Id, 3);
        Assert.That(Memory.TryUseShadow(other, Shadow, EventIdx), Is.True);
        Assert.That(Unsafe.AsRef<uint>((void*)(host + Id * 4)), Is.EqualTo(3));
        Assert.That(Memory.TryUseShadow(other, Shadow + 0x2000, EventIdx), Is.True, "one page stays");
        Assert.That(Guest.RemoveRegion(Shadow, RamBytes, TimeSpan.FromSeconds(30)), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(Memory.IsShadow, Is.True);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(3));
    }

    [Test]
    public void Edge18_A_change_of_guest_memory_that_is_told_late_changes_nothing()
    {
        using var second = new DoorbellMemory(64, 0, Barrier);
        using Waker waker = Waker.FromCallback(_ => second.UsePrivate(), null);
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        second.TryUseShadow(Guest, Shadow + 0x2000, EventIdx + 0x2000);
        state.Poll(waker, out _);
        // The first is told that its pages go, and its sleeper has the second leave its own; then the second is told.
        Guest.RemoveRegion(Shadow, RamBytes, TimeSpan.FromSeconds(30));
        Assert.That(second.IsShadow, Is.False);
        Assert.That(Memory.IsShadow, Is.False);
    }

    [Test]
    public void A_mapped_page_is_the_home_and_must_be_polled()
    {
        using var memory = new DoorbellMemory(16, 1, Barrier);
        var page = (uint*)memory.EnableMappedPage();
        DoorbellState state = memory.Open(3, 16);
        Assert.That(state.CanSleep, Is.False);
        page[3 << 1] = 4;
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(4));
        memory.Ring(3, 5); // a register write that came as a message all the same
        Assert.That(page[3 << 1], Is.EqualTo(5));
        Assert.That(memory.GetSnapshot(3), Is.EqualTo(new DoorbellSnapshot(3, DoorbellHomeKind.Mapped, 5, null, 16, DoorbellSleeper.None)));
        Assert.That(memory.TryUseShadow(Guest, Shadow, EventIdx), Is.False);
        Assert.That(() => memory.EnableMappedPage(), Throws.InvalidOperationException);
    }

    /// <summary>What a guest does: Base Specification B.5, as Linux has it.</summary>
    private static bool MustRing(uint eventIdx, uint oldValue, uint newValue) =>
        (ushort)(newValue - eventIdx - 1) < (ushort)(newValue - oldValue);
}
