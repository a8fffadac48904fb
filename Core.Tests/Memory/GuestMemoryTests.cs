using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;

namespace NvmeDoorbell.Tests.Memory;

public sealed class GuestMemoryTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Test]
    public void A_region_is_found_from_its_first_byte_to_its_last_and_nowhere_else()
    {
        using var memory = new GuestMemory();
        nint host = memory.AllocateRegion(0x1000, 0x2000);
        Assert.That(memory.TryTranslate(0x1000, 0x2000, GuestAccess.ReadWrite, out nint found), Is.True);
        Assert.That(found, Is.EqualTo(host));
        Assert.That(memory.TryTranslate(0x2FFF, 1, GuestAccess.ReadWrite, out found), Is.True);
        Assert.That(found, Is.EqualTo(host + 0x1FFF));
        Assert.That(memory.TryTranslate(0xFFF, 1, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(0x3000, 1, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(0x2FFF, 2, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(0x1000, 0x2001, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(0x1000, ulong.MaxValue, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(ulong.MaxValue, 1, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryTranslate(0x1000, 0, GuestAccess.ReadWrite, out _), Is.False, "no bytes are no place");
    }

    [Test]
    public void Copies_cross_regions_and_end_where_there_is_none()
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0x1000, 0x1000);
        memory.AllocateRegion(0x2000, 0x1000);
        byte[] data = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        Assert.That(memory.TryWrite(0x1FE0, data), Is.True);
        var back = new byte[64];
        Assert.That(memory.TryRead(0x1FE0, back), Is.True);
        Assert.That(back, Is.EqualTo(data));
        Assert.That(memory.TryTranslate(0x1FE0, 64, GuestAccess.ReadWrite, out _), Is.False, "two regions are not one");
        Assert.That(memory.TryWrite(0x2FE0, data), Is.False);
        Assert.That(memory.TryRead(0xFFF0, back), Is.False);
        Assert.That(memory.TryReadUInt64(0x1FE4, out _), Is.False, "misaligned");
        Assert.That(memory.TryReadUInt64(0x1FE0, out ulong word), Is.True);
        Assert.That(word, Is.EqualTo(0x0706050403020100));
    }

    [Test]
    public void A_read_only_region_is_not_written()
    {
        using var memory = new GuestMemory();
        using var owner = new GuestMemory();
        nint host = owner.AllocateRegion(0, 0x1000);
        memory.AddRegion(0x5000, host, 0x1000, GuestAccess.ReadOnly);
        Assert.That(memory.TryTranslate(0x5000, 8, GuestAccess.ReadOnly, out _), Is.True);
        Assert.That(memory.TryTranslate(0x5000, 8, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryWrite(0x5000, new byte[1]), Is.False);
        Assert.That(memory.TryRead(0x5000, new byte[1]), Is.True);
    }

    [TestCase(0x1001UL, 0x1000UL)]
    [TestCase(0x1000UL, 0x0UL)]
    [TestCase(0x1000UL, 0x1800UL)]
    [TestCase(0xFFFF_FFFF_FFFF_F000UL, 0x2000UL)]
    public void Edge39_Regions_that_are_no_pages_are_refused(ulong guestAddress, ulong lengthBytes)
    {
        using var memory = new GuestMemory();
        Assert.That(() => memory.AddRegion(guestAddress, 0x10000, lengthBytes), Throws.ArgumentException);
        Assert.That(() => memory.AddRegion(0x1000, 0, 0x1000), Throws.ArgumentException);
        Assert.That(memory.RegionCount, Is.Zero);
    }

    [TestCase(0x1000UL, 0x1000UL)]
    [TestCase(0x0UL, 0x2000UL)]
    [TestCase(0x2000UL, 0x9000UL)]
    [TestCase(0x0UL, 0x9000UL)]
    public void Edge39_Overlaps_are_refused(ulong guestAddress, ulong lengthBytes)
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0x1000, 0x2000);
        Assert.That(() => memory.AllocateRegion(guestAddress, lengthBytes), Throws.InvalidOperationException);
    }

    [Test]
    public void The_last_page_of_the_address_space_is_a_region_like_any_other()
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0xFFFF_FFFF_FFFF_F000, 0x1000);
        Assert.That(memory.TryTranslate(ulong.MaxValue, 1, GuestAccess.ReadWrite, out _), Is.True);
        Assert.That(memory.TryTranslate(ulong.MaxValue, 2, GuestAccess.ReadWrite, out _), Is.False);
        Assert.That(memory.TryRead(ulong.MaxValue - 3, new byte[8]), Is.False);
    }

    /// <summary>A task that can be held inside a turn, and with a transfer under way.</summary>
    private sealed class Holder : ReactorTask
    {
        private int _transfer = -1;

        public Holder(Reactor reactor, GuestMemory memory)
            : base(reactor, memory) => Start();

        public volatile int Wish;
        public volatile int Done;
        public Func<GuestMemoryRemoval>? OnTurn;
        public GuestMemoryRemoval Answer;

        protected override bool Turn()
        {
            int wish = Wish;
            if (wish == Done) return false;
            switch (wish)
            {
                case 1: _transfer = BeginTransfer(); break;
                case 2: EndTransfer(_transfer); break;
                case 3: Answer = OnTurn!(); break;
                case 4:
                    Done = 4;
                    Wait.Until(() => Wish != 4, "the test to let the turn end");
                    return true;
            }
            Done = wish;
            return true;
        }

        public void Ask(int wish)
        {
            Wish = wish;
            Waker.Wake();
            Wait.Until(() => Done == wish, $"the task to do {wish}");
        }

        protected override bool PrepareSleep() => true;

        protected override bool HasWork() => Wish != Done;
    }

    [Test]
    public void A_removal_waits_for_turns_and_for_transfers()
    {
        using var memory = new GuestMemory();
        using var reactor = new Reactor(new ReactorOptions { Polling = ReactorPolling.Never });
        memory.AllocateRegion(0x1000, 0x1000);
        using var holder = new Holder(reactor, memory);

        holder.Ask(1);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Busy));
        Assert.That(memory.TryTranslate(0x1000, 1, GuestAccess.ReadWrite, out _), Is.False, "out of reach at once");
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Busy), "asked again");
        holder.Ask(2);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, Long), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, Long), Is.EqualTo(GuestMemoryRemoval.NotFound));

        memory.AllocateRegion(0x1000, 0x1000);
        holder.Ask(4);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Busy));
        holder.Ask(5);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, Long), Is.EqualTo(GuestMemoryRemoval.Removed));
    }

    [Test]
    public void A_new_transfer_does_not_hold_up_a_removal_that_found_an_old_one()
    {
        using var memory = new GuestMemory();
        using var reactor = new Reactor(new ReactorOptions { Polling = ReactorPolling.Never });
        memory.AllocateRegion(0x1000, 0x1000);
        using var old = new Holder(reactor, memory);
        using var fresh = new Holder(reactor, memory);
        old.Ask(1);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Busy));
        fresh.Ask(1);
        old.Ask(2);
        fresh.Ask(2);
        Assert.That(memory.RemoveRegion(0x1000, 0x1000, Long), Is.EqualTo(GuestMemoryRemoval.Removed));
    }

    [Test]
    public void Edge39_A_task_cannot_remove_what_it_may_be_using()
    {
        using var memory = new GuestMemory();
        using var reactor = new Reactor(new ReactorOptions());
        memory.AllocateRegion(0x1000, 0x1000);
        using var holder = new Holder(reactor, memory);
        holder.OnTurn = () => memory.RemoveRegion(0x1000, 0x1000, Long);
        holder.Ask(3);
        Assert.That(holder.Answer, Is.EqualTo(GuestMemoryRemoval.WrongThread));
        Assert.That(memory.RegionCount, Is.EqualTo(1));
    }

    [Test]
    public void Copies_and_removals_on_many_threads_never_meet_in_a_freed_region()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var memory = new GuestMemory();
        int stop = 0, copies = 0;
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            var buffer = new byte[4096];
            while (Volatile.Read(ref stop) == 0)
            {
                if (memory.TryRead(0x1000, buffer)) Interlocked.Increment(ref copies);
            }
        }))];
        foreach (Thread reader in readers) reader.Start();
        for (int i = 0; i < 500; i++)
        {
            // A mapping of its own: a late reader of it would end the process.
            nint host = Pages.Map(4096);
            memory.AddRegion(0x1000, host, 4096);
            int before = Volatile.Read(ref copies);
            Wait.Until(() => Volatile.Read(ref copies) != before, "a copy");
            Assert.That(memory.RemoveRegion(0x1000, 4096, Long), Is.EqualTo(GuestMemoryRemoval.Removed));
            Pages.Unmap(host, 4096);
        }
        Volatile.Write(ref stop, 1);
        foreach (Thread reader in readers) reader.Join();
        Assert.That(copies, Is.Positive);
    }
}
