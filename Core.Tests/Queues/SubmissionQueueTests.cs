using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Queues;

public sealed class SubmissionQueueTests
{
    private const ulong Base = 0x10_0000;

    private GuestMemory _memory = null!;
    private DoorbellMemory _doorbells = null!;

    [SetUp]
    public void Make()
    {
        _memory = new GuestMemory();
        _doorbells = new DoorbellMemory(4);
    }

    [TearDown]
    public void Free()
    {
        _doorbells.Dispose();
        _memory.Dispose();
    }

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(256u)]
    [TestCase(4096u)]
    [TestCase(65536u)]
    public void Edge08_Entries_come_in_order_round_the_ring(uint entries)
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(entries);
        ushort submitted = 0;
        ushort fetched = 0;
        // Full and drained twice, then one by one over the end.
        for (int pass = 0; pass < 2; pass++)
        {
            for (uint i = 0; i < entries - 1; i++)
                driver.Put(IoEntries.Flush(submitted++));
            driver.Ring();
            for (uint i = 0; i < entries - 1; i++)
                AssertFetches(queue, fetched++);
            Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.Empty));
        }
        for (int i = 0; i < 5; i++)
        {
            driver.Submit(IoEntries.Flush(submitted++));
            AssertFetches(queue, fetched++);
        }
        Assert.That(queue.Head, Is.EqualTo(driver.SqTail));
    }

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(4096u)]
    public void Edge01_A_tail_at_or_beyond_the_size_is_ignored_and_said_once(uint entries)
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(entries, ringChecks: false);
        driver.Put(IoEntries.Flush(7));
        driver.RingTail(entries);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.InvalidDoorbell));
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.Empty));
        driver.RingTail(0xFFFF);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.InvalidDoorbell));
        driver.Ring();
        AssertFetches(queue, 7);
    }

    [Test]
    public void Edge02_The_same_tail_again_is_no_change()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(16);
        driver.Submit(IoEntries.Flush(1));
        AssertFetches(queue, 1);
        driver.Ring();
        Assert.That(queue.HasChanged, Is.False);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.Empty));
    }

    [Test]
    public void Edge03_A_tail_that_overfills_the_queue_is_ignored()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(16);
        for (ushort id = 0; id < 10; id++)
            driver.Put(IoEntries.Flush(id));
        driver.Ring();
        AssertFetches(queue, 0);
        AssertFetches(queue, 1);
        // Head 2, tail 10: 2 to 9 are taken, so a tail from 2 to 9 steps back over what was submitted.
        foreach (uint bad in (uint[])[9, 2, 5])
        {
            driver.RingTail(bad);
            Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.InvalidDoorbell));
        }
        for (ushort id = 2; id < 10; id++)
            AssertFetches(queue, id);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.Empty));
    }

    [Test]
    public void Edge09_What_a_look_has_accepted_is_taken_whatever_the_doorbell_says_then()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(16);
        driver.Put(IoEntries.Flush(1));
        driver.Put(IoEntries.Flush(2));
        driver.Ring();
        Assert.That(queue.Look(), Is.EqualTo(FetchResult.Fetched));
        driver.RingTail(1);
        Assert.That(queue.TryTake(out _), Is.EqualTo(FetchResult.Fetched));
        Assert.That(queue.TryTake(out _), Is.EqualTo(FetchResult.Fetched));
        Assert.That(queue.TryTake(out _), Is.EqualTo(FetchResult.Empty));
    }

    [Test]
    public void Edge31_A_fetched_entry_does_not_change_with_the_guests_memory()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(4);
        driver.Submit(IoEntries.Flush(5, nsid: 9));
        Assert.That(queue.TryFetch(out SubmissionEntry entry), Is.EqualTo(FetchResult.Fetched));
        _memory.TryWrite(Base, new byte[SubmissionEntry.SizeBytes]);
        Assert.That(entry.NamespaceId, Is.EqualTo(9));
    }

    [Test]
    public void Edge06_A_closed_queue_gives_nothing_more()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(4);
        driver.Submit(IoEntries.Flush(1));
        _doorbells.Close(DoorbellMemory.TailId(1));
        Assert.That(queue.HasChanged, Is.True);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.Closed));
    }

    [Test]
    public void A_queue_over_two_regions_is_read_from_both()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(128, regionBytes: 4096, regions: 2);
        for (ushort id = 0; id < 300; id++)
        {
            driver.Submit(IoEntries.Flush(id));
            AssertFetches(queue, id);
        }
    }

    [Test]
    public void A_queue_whose_memory_goes_loses_nothing_and_goes_on_when_it_comes_back()
    {
        (SubmissionQueue queue, QueueDriver driver) = MakeQueue(64);
        driver.Put(IoEntries.Flush(1));
        driver.Put(IoEntries.Flush(2));
        driver.Ring();
        AssertFetches(queue, 1);
        _memory.RemoveRegion(Base, 4096, TimeSpan.FromSeconds(10));
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.MemoryFault));
        Assert.That(queue.HasChanged, Is.False, "a sleep is possible");
        Assert.That(queue.Head, Is.EqualTo(1));
        using var elsewhere = new GuestMemory();
        nint host = elsewhere.AllocateRegion(0, 4096);
        SubmissionEntry entry = IoEntries.Flush(2);
        elsewhere.TryWrite(64, System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<SubmissionEntry>(ref entry)));
        _memory.AddRegion(Base, host, 4096);
        Assert.That(queue.HasChanged, Is.True);
        AssertFetches(queue, 2);
    }

    [Test]
    public void A_queue_outside_guest_ram_faults_without_end_of_the_address_space()
    {
        var queue = new SubmissionQueue(1, ulong.MaxValue - 4095, 4096, _memory, _doorbells.Open(2, 4096));
        _memory.AllocateRegion(0, 4096);
        _doorbells.Ring(2, 4095);
        Assert.That(queue.TryFetch(out _), Is.EqualTo(FetchResult.MemoryFault));
    }

    [Test]
    public void Sizes_outside_2_to_65536_are_refused()
    {
        DoorbellState tail = _doorbells.Open(2, 2);
        Assert.That(() => new SubmissionQueue(1, 0, 1, _memory, tail), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new SubmissionQueue(1, 0, 65537, _memory, tail), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static void AssertFetches(SubmissionQueue queue, ushort commandId)
    {
        FetchResult found = queue.TryFetch(out SubmissionEntry entry);
        if (found != FetchResult.Fetched || entry.CommandId != commandId)
            Assert.Fail($"{found}, command {entry.CommandId}; wanted command {commandId}.");
    }

    /// <param name="entries">Size of the queue.</param>
    /// <param name="regionBytes">Size of a region; 0: one that holds the queue.</param>
    /// <param name="regions">How many.</param>
    /// <param name="ringChecks">False: the doorbell takes any value, as one that the guest writes itself.</param>
    private (SubmissionQueue Queue, QueueDriver Driver) MakeQueue(
        uint entries, ulong regionBytes = 0, int regions = 1, bool ringChecks = true)
    {
        if (regionBytes == 0)
            regionBytes = (entries * SubmissionEntry.SizeBytes + 4095) & ~4095ul;
        for (int i = 0; i < regions; i++)
            _memory.AllocateRegion(Base + (ulong)i * regionBytes, regionBytes);
        DoorbellState tail = _doorbells.Open(DoorbellMemory.TailId(1), ringChecks ? entries : 65536);
        var driver = new QueueDriver(_memory, _doorbells) { SqAddress = Base, SqEntries = entries };
        return (new SubmissionQueue(1, Base, entries, _memory, tail), driver);
    }
}
