using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What is asked of a task while it has commands under way: queues, namespaces and memory come and go.</summary>
public sealed class IoTaskControlTests
{
    private const ulong Data = IoTaskFixture.DataAddress;

    [Test]
    public void Edge25_A_deleted_queues_commands_end_before_it_is_gone()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        QueueDriver other = io.AddQueue(2);
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        driver.Submit(IoEntries.Flush(2, NamespaceIds.All));
        io.AddNamespace(new ManualDisk());
        io.Turn();
        bool removed = false;
        io.Doorbells.Close(DoorbellMemory.TailId(1));
        io.Task.PostRemoveQueue(1, () => removed = true);
        io.Turn();
        Assert.That(removed, Is.False);
        disk.CompleteOne();
        io.Turn();
        Assert.That(removed, Is.False);
        disk.CompleteOne();
        io.Turn();
        Assert.That(removed, Is.True);
        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)),
            Is.EqualTo(new[] { ((ushort)1, StatusCode.Success), ((ushort)2, StatusCode.AbortedSqDeletion) }));
        other.Submit(IoEntries.Flush(3, nsid: 9));
        io.Turn();
        Assert.That(driver.Await().SqId, Is.EqualTo(2), "the other queue lives");
    }

    [Test]
    public void Edge06_A_queue_of_the_same_identifier_starts_anew()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver first = io.AddQueue();
        first.Submit(IoEntries.Flush(1));
        io.Turn();
        first.Await();
        for (ushort id = 2; id < 6; id++)
        {
            int removed = 0;
            io.Doorbells.Close(DoorbellMemory.TailId(1));
            io.Task.PostRemoveQueue(1, () => removed++);
            io.Turn();
            Assert.That(removed, Is.EqualTo(1));
            first.Ring();
            QueueDriver again = io.AddQueue();
            io.Turn();
            again.Submit(IoEntries.Flush(id));
            io.Turn();
            CompletionEntry entry = first.Await();
            Assert.That((entry.CommandId, entry.SqHead), Is.EqualTo((id, (ushort)1)));
        }
    }

    [Test]
    public void Removing_a_queue_that_is_not_there_is_done_at_once()
    {
        using var io = new IoTaskFixture();
        int removed = 0;
        io.Task.PostRemoveQueue(5, () => removed++);
        io.Turn();
        Assert.That(removed, Is.EqualTo(1));
    }

    [Test]
    public void Edge34_After_a_stop_nothing_is_posted_and_it_is_over_when_the_disk_has_nothing_left()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        for (ushort id = 0; id < 5; id++)
            driver.Submit(IoEntries.Read(id, 0, 1, Data));
        io.Turn();
        int stopped = 0;
        int stoppedToo = 0;
        io.Task.PostStop(() => stopped++);
        io.Task.PostStop(() => stoppedToo++);
        driver.Submit(IoEntries.Flush(9, nsid: 9));
        io.Turn();
        Assert.That(stopped, Is.Zero);
        disk.CompleteAll();
        io.Turn();
        Assert.That((stopped, stoppedToo), Is.EqualTo((1, 1)));
        Assert.That(driver.TryPeek(out _), Is.False);
        Assert.That(io.Raised, Is.Zero);
        io.Task.PostRemoveQueue(1, () => stopped++);
        io.Turn();
        Assert.That(stopped, Is.EqualTo(2), "a queue of a stopped task goes at once");
    }

    [Test]
    public void Edge37_A_removed_namespace_is_unused_when_its_last_request_has_ended()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        io.Turn();
        Namespace removed = io.RemoveNamespace(1);
        int unused = 0;
        io.Task.PostConfirmUnused(removed, () => unused++);
        driver.Submit(IoEntries.Read(2, 0, 1, Data));
        driver.Submit(IoEntries.Read(3, 0, 1, Data, nsid: 2));
        io.Turn();
        Assert.That(
            driver.ReapAll().Select(entry => entry.Status.WithoutFlags()),
            Is.EqualTo(new[] { StatusCode.InvalidNamespaceOrFormat, StatusCode.Success }));
        Assert.That(unused, Is.Zero);
        disk.CompleteAll();
        io.Turn();
        Assert.That(unused, Is.EqualTo(1));
        Assert.That(driver.Await().CommandId, Is.EqualTo(1));
    }

    [Test]
    public void A_completion_queue_without_memory_holds_completions_back_until_it_returns()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(0, 0, 1, Data));
        io.Turn();
        nint host = nint.Zero;
        Assert.That(io.Memory.TryTranslate(driver.CqAddress, 4096, 0, out host), Is.True);
        io.Memory.RemoveRegion(driver.CqAddress, 4096, TimeSpan.Zero);
        for (ushort id = 1; id < 6; id++)
            driver.Put(IoEntries.Flush(id, nsid: 9));
        driver.Ring();
        disk.CompleteAll();
        io.Sleep();
        Assert.That(io.Faults, Is.EqualTo(new[] { DoorbellMemory.HeadId(1) }));
        io.Memory.AddRegion(driver.CqAddress, host, 4096);
        io.Turn();
        Assert.That(driver.ReapAll().Select(entry => entry.CommandId), Is.EqualTo(Enumerable.Range(0, 6)));
    }

    [Test]
    public void A_submission_queue_without_memory_goes_on_when_it_returns_without_a_ring()
    {
        using var io = new IoTaskFixture();
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue();
        io.Turn();
        Assert.That(io.Memory.TryTranslate(driver.SqAddress, 4096, 0, out nint host), Is.True);
        for (int times = 1; times < 4; times++)
        {
            for (ushort id = 0; id < 3; id++)
                driver.Put(IoEntries.Flush(id));
            io.Memory.RemoveRegion(driver.SqAddress, 4096, TimeSpan.FromSeconds(10));
            driver.Ring();
            io.Sleep();
            io.Sleep();
            Assert.That(io.Faults, Is.EqualTo(Enumerable.Repeat(DoorbellMemory.TailId(1), times)), "said once each time");
            io.Memory.AddRegion(driver.SqAddress, host, 4096);
            io.Turn();
            Assert.That(driver.ReapAll(), Has.Count.EqualTo(3));
        }
    }

    [Test]
    public void Edge25_A_queue_whose_completions_cannot_be_posted_can_be_deleted_and_another_loses_none()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        QueueDriver other = io.AddQueue(2);
        foreach (QueueDriver each in (QueueDriver[])[driver, other, driver, other])
        {
            each.Submit(IoEntries.Read((ushort)each.SqTail, 0, 1, Data));
            io.Turn();
        }
        driver.Submit(IoEntries.Read(2, 0, 1, Data));
        io.Turn();
        Assert.That(io.Memory.TryTranslate(driver.CqAddress, 4096, 0, out nint host), Is.True);
        io.Memory.RemoveRegion(driver.CqAddress, 4096, TimeSpan.Zero);
        for (int i = 0; i < 4; i++)
            disk.CompleteOne();
        io.Turn();
        int removed = 0;
        io.Task.PostRemoveQueue(1, () => removed++);
        io.Turn();
        Assert.That(removed, Is.Zero, "the disk has one still");
        disk.CompleteOne();
        io.Turn();
        Assert.That(removed, Is.EqualTo(1));
        io.Memory.AddRegion(driver.CqAddress, host, 4096);
        io.Turn();
        Assert.That(
            other.ReapAll().Select(entry => (entry.SqId, entry.CommandId)),
            Is.EqualTo(new[] { ((ushort)2, (ushort)0), ((ushort)2, (ushort)1) }));
    }

    [Test]
    public void A_region_under_a_disks_request_is_given_back_when_the_request_has_ended()
    {
        const ulong Hotplugged = 0x8000_0000;
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        io.Memory.AllocateRegion(Hotplugged, 4096);
        driver.Submit(IoEntries.Read(1, 0, 1, Hotplugged));
        io.Turn();
        Assert.That(
            io.Memory.RemoveRegion(Hotplugged, 4096, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Busy));
        driver.Submit(IoEntries.Read(2, 0, 1, Hotplugged));
        io.Turn();
        Assert.That(driver.Await().Status.WithoutFlags(), Is.EqualTo(StatusCode.DataTransferError));
        disk.CompleteAll();
        io.Turn();
        Assert.That(
            io.Memory.RemoveRegion(Hotplugged, 4096, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Removed));
        Assert.That(driver.Await().CommandId, Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_request_that_ended_in_a_stop_or_a_second_step_gives_its_region_back_too(bool stops)
    {
        const ulong Hotplugged = 0x8000_0000;
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        io.AddNamespace(new ManualDisk { Answer = DiskStatus.Success });
        QueueDriver driver = io.AddQueue();
        io.Memory.AllocateRegion(Hotplugged, 4096);
        driver.Put(IoEntries.Read(1, 0, 1, Hotplugged));
        driver.Put(IoEntries.Flush(2, NamespaceIds.All));
        driver.Ring();
        io.Turn();
        if (stops)
            io.Task.PostStop(() => { });
        io.Turn();
        disk.CompleteAll();
        io.Turn();
        Assert.That(
            io.Memory.RemoveRegion(Hotplugged, 4096, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Removed));
    }
}
