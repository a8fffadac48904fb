using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>Doorbell writes that arrive after the guest has gone on.</summary>
public sealed class PostedTests() : ShadowFixture(DoorbellBarrier.Asymmetric)
{
    private const int Admin = 0;

    [Test]
    public void A_late_write_never_takes_back_what_the_guest_has_stored_in_its_page_since()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        Assert.That(InShadow(Id), Is.Zero);
        InShadow(Id) = 3; // and the writes of 1 and 2 are still under way
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(Memory.RingPosted(Id, 1), Is.EqualTo(RingResult.Ok));
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Pending));
        InShadow(Id) = 0; // once round, to the value that it had when the page was new
        Assert.That(Memory.RingPosted(Id, 2), Is.EqualTo(RingResult.Ok));
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.Zero);
    }

    [Test]
    public void It_wakes_the_sleeper_to_look_at_the_page()
    {
        int calls = 0;
        using Waker waker = Waker.FromCallback(_ => calls++, null);
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        state.Poll(waker, out _);
        InShadow(Id) = 2;
        Memory.RingPosted(Id, 1);
        Assert.That(calls, Is.EqualTo(1));
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(2));
    }

    [Test]
    public void Edge19_The_admin_queue_is_followed_where_the_guest_only_writes_its_register()
    {
        DoorbellState state = Memory.Open(Admin, 8);
        Memory.RingPosted(Admin, 1);
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Ready));
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        foreach (uint tail in new uint[] { 2, 3, 7, 0, 1, 2 })
        {
            Assert.That(Memory.RingPosted(Admin, tail), Is.EqualTo(RingResult.Ok));
            Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
            Assert.That(value, Is.EqualTo(tail));
        }
        Memory.UsePrivate();
        Memory.RingPosted(Admin, 3);
        Assert.That(state.TryPoll(out _), Is.EqualTo(DoorbellPoll.Ready));
    }

    [Test]
    public void Edge19_And_where_it_keeps_the_page_too()
    {
        DoorbellState state = Memory.Open(Admin, 8);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        InShadow(Admin) = 1;
        Memory.RingPosted(Admin, 1);
        InShadow(Admin) = 3;
        state.TryPoll(out _);
        Memory.RingPosted(Admin, 2);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.EqualTo(3));
    }

    [Test]
    public void Edge06_An_admin_queue_made_anew_begins_anew()
    {
        Memory.Open(Admin, 8);
        Memory.RingPosted(Admin, 5);
        Memory.Close(Admin);
        DoorbellState state = Memory.Open(Admin, 8);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        Memory.RingPosted(Admin, 1);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(1));
    }

    [Test]
    public void Edge18_While_the_page_that_the_guest_keeps_is_away_a_late_write_takes_nothing_back()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        InShadow(Id) = 3;
        Memory.RingPosted(Id, 1);
        InShadow(Id) = 6;
        state.TryPoll(out _);
        TakePagesAway();
        Assert.That(Memory.RingPosted(Id, 5), Is.EqualTo(RingResult.Ok));
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.EqualTo(6));
        InShadow(Id) = 7;
        BringPagesBack();
        Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(7));
    }

    [Test]
    public void Edge18_Nor_does_the_first_late_write_of_a_queue()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        InShadow(Id) = 2;
        state.TryPoll(out _);
        TakePagesAway();
        Memory.RingPosted(Id, 1);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Pending));
        Assert.That(value, Is.EqualTo(2));
    }

    [Test]
    public void Edge18_A_guest_that_only_writes_its_register_is_followed_while_the_page_is_away_and_after_it()
    {
        DoorbellState state = Memory.Open(Admin, 8);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        uint value;
        for (uint tail = 1; tail <= 4; tail++)
        {
            if (tail == 2) TakePagesAway();
            if (tail == 4) BringPagesBack();
            Memory.RingPosted(Admin, tail);
            Assert.That(state.TryPoll(out value), Is.EqualTo(DoorbellPoll.Ready));
            Assert.That(value, Is.EqualTo(tail));
        }
        Assert.That(InShadow(Admin), Is.EqualTo(4));
    }

    [Test]
    public void A_guest_that_has_kept_its_page_has_none_once_the_homes_are_private()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Memory.TryUseShadow(Guest, Shadow, EventIdx);
        InShadow(Id) = 3;
        Memory.RingPosted(Id, 1);
        Memory.UsePrivate();
        Memory.RingPosted(Id, 4);
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(4));
    }

    private void TakePagesAway() =>
        Assert.That(Guest.RemoveRegion(Shadow, RamBytes, TimeSpan.FromSeconds(30)), Is.EqualTo(GuestMemoryRemoval.Removed));

    private void BringPagesBack() => Guest.AddRegion(Shadow, Host, RamBytes);

    [Test]
    public void Edge15_One_from_within_a_switch_of_homes_tells_nothing_of_the_guest()
    {
        DoorbellState state = Memory.Open(Admin, 8), other = Memory.Open(Id, 8);
        Memory.RingPosted(Id, 2);
        Memory.Ring(Id, 1); // the page gets another value than what was posted
        using Waker waker = Waker.FromCallback(_ => Memory.RingPosted(Id, 3), null);
        state.Poll(waker, out _);
        Memory.TryUseShadow(Guest, Shadow, EventIdx); // which wakes the admin queue before it has finished with the other
        Assert.That(other.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(3));
    }

    [Test]
    public void Elsewhere_it_is_a_ring()
    {
        DoorbellState state = Memory.Open(Id, 16);
        Assert.That(Memory.RingPosted(Id, 0xABCD_0005), Is.EqualTo(RingResult.Ok));
        Assert.That(state.TryPoll(out uint value), Is.EqualTo(DoorbellPoll.Ready));
        Assert.That(value, Is.EqualTo(5));
        Assert.That(Memory.RingPosted(Id, 16), Is.EqualTo(RingResult.InvalidValue));
        Assert.That(Memory.RingPosted(64, 1), Is.EqualTo(RingResult.OutOfRange));
        Assert.That(Memory.RingPosted(-1, 1), Is.EqualTo(RingResult.OutOfRange));
        Memory.Close(Id);
        Assert.That(Memory.RingPosted(Id, 6), Is.EqualTo(RingResult.Closed));
    }
}
