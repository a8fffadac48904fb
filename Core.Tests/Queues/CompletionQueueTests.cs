using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Queues;

public sealed class CompletionQueueTests
{
    private const ulong Base = 0x20_0000;

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
    public void Edge08_Completions_come_in_order_round_the_ring_with_the_phase(uint entries)
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(entries);
        ushort posted = 0;
        ushort reaped = 0;
        for (int pass = 0; pass < 3; pass++)
        {
            for (uint i = 0; i < entries - 1; i++)
                Post(queue, posted++);
            Assert.That(queue.FreeEntries, Is.Zero);
            foreach (CompletionEntry entry in driver.ReapAll())
            {
                if (entry.CommandId != reaped++)
                    Assert.Fail($"Command {entry.CommandId}, wanted {reaped - 1}.");
            }
            Assert.That(reaped, Is.EqualTo(posted));
            Assert.That(queue.Look(), Is.EqualTo(HeadResult.Moved));
            Assert.That(queue.FreeEntries, Is.EqualTo(entries - 1));
            Assert.That(queue.IsEmpty, Is.True);
        }
    }

    [Test]
    public void An_entry_has_its_fields_where_the_specification_puts_them()
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(4);
        StatusCode status = StatusCode.LbaOutOfRange | StatusCode.DoNotRetry;
        Assert.That(queue.TryPost(0x1122_3344_5566_7788, 0xABCD, 0x1234, 0xFEDC, status), Is.True);
        Assert.That(driver.TryReap(out CompletionEntry entry), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Result, Is.EqualTo(0x5566_7788));
            Assert.That(entry.Dword1, Is.EqualTo(0x1122_3344));
            Assert.That(entry.SqHead, Is.EqualTo(0xABCD));
            Assert.That(entry.SqId, Is.EqualTo(0x1234));
            Assert.That(entry.CommandId, Is.EqualTo(0xFEDC));
            Assert.That(entry.Phase, Is.True);
            Assert.That(entry.Status, Is.EqualTo(status));
        }
        CompletionEntry same = CompletionEntry.Create(0xFEDC, 0x1234, 0xABCD, true, status, 0x5566_7788, 0x1122_3344);
        Assert.That((entry.LowHalf, entry.HighHalf), Is.EqualTo((same.LowHalf, same.HighHalf)));
    }

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(16u)]
    public void Edge23_A_full_queue_is_not_overwritten_and_goes_on_when_the_head_moves(uint entries)
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(entries);
        ushort id = 0;
        for (; id < entries - 1; id++)
            Post(queue, id);
        Assert.That(queue.TryPost(0, 0, 1, 99, StatusCode.Success), Is.False);
        Assert.That(driver.TryReap(out CompletionEntry first), Is.True);
        Assert.That(first.CommandId, Is.Zero);
        Assert.That(queue.TryPost(0, 0, 1, 99, StatusCode.Success), Is.False, "the head has not been rung");
        driver.RingHead();
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.Moved));
        Assert.That(queue.FreeEntries, Is.EqualTo(1));
        Post(queue, id);
        Assert.That(driver.ReapAll()[^1].CommandId, Is.EqualTo(id));
    }

    [Test]
    public void Edge03_A_head_that_passes_the_tail_makes_no_room()
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(16);
        for (ushort id = 0; id < 10; id++)
            Post(queue, id);
        driver.RingHead(4);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.Moved));
        // Head 4, tail 10: only 4 to 10 can be true.
        foreach (uint bad in (uint[])[11, 15, 0, 3])
        {
            driver.RingHead(bad);
            Assert.That(queue.Look(), Is.EqualTo(HeadResult.InvalidDoorbell));
            Assert.That(queue.Look(), Is.EqualTo(HeadResult.Unchanged), "said once");
            Assert.That(queue.FreeEntries, Is.EqualTo(9));
        }
        driver.RingHead(10);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.Moved));
        Assert.That(queue.FreeEntries, Is.EqualTo(15));
    }

    [Test]
    public void Edge01_A_head_at_or_beyond_the_size_makes_no_room()
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(4, ringChecks: false);
        Post(queue, 1);
        driver.RingHead(4);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.InvalidDoorbell));
        driver.RingHead(0xFFFF);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.InvalidDoorbell));
        Assert.That(queue.FreeEntries, Is.EqualTo(2));
    }

    [Test]
    public void The_last_good_head_again_is_no_event()
    {
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(4);
        Post(queue, 1);
        driver.RingHead(3);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.InvalidDoorbell));
        driver.RingHead(0);
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.Unchanged));
    }

    [Test]
    public void Nothing_is_posted_where_there_is_no_memory_and_the_entry_comes_when_there_is()
    {
        var queue = new CompletionQueue(1, Base, 300, _memory, _doorbells.Open(3, 300), 0, true);
        var driver = new QueueDriver(_memory, _doorbells) { CqAddress = Base, CqEntries = 300 };
        Assert.That(queue.TryPost(0, 0, 1, 5, StatusCode.Success), Is.False);
        Assert.That(queue.FreeEntries, Is.EqualTo(299));
        nint page = _memory.AllocateRegion(0, 4096);
        _memory.AddRegion(Base, page, 4096, GuestAccess.ReadOnly);
        Assert.That(queue.TryPost(0, 0, 1, 5, StatusCode.Success), Is.False, "read-only memory");
        _memory.RemoveRegion(Base, 4096, TimeSpan.FromSeconds(10));
        _memory.AddRegion(Base, page, 4096);
        for (ushort id = 0; id < 256; id++)
            Post(queue, id);
        Assert.That(queue.TryPost(0, 0, 1, 256, StatusCode.Success), Is.False, "its second page is missing");
        _memory.AllocateRegion(Base + 4096, 4096);
        Post(queue, 256);
        Assert.That(driver.ReapAll(), Has.Count.EqualTo(257));
    }

    [Test]
    public void Edge26_Who_sees_the_phase_of_an_entry_sees_all_of_it()
    {
        const uint Posts = 300_000;
        (CompletionQueue queue, QueueDriver driver) = MakeQueue(4);
        var device = new Thread(() =>
        {
            for (uint post = 0; post < Posts; post++)
            {
                while (!queue.TryPost(post, 0, 1, (ushort)post, StatusCode.Success))
                    queue.Look();
            }
        });
        device.Start();
        uint expected = 0;
        Wait.Until(
            () =>
            {
                while (driver.TryReap(out CompletionEntry entry))
                {
                    if (entry.Result != expected || entry.CommandId != (ushort)expected)
                        Assert.Fail($"Entry {expected} came with the result of {entry.Result}.");
                    expected++;
                    driver.RingHead();
                }
                return expected == Posts;
            },
            "all entries");
        device.Join();
    }

    [Test]
    public void Edge06_A_closed_head_is_said()
    {
        (CompletionQueue queue, _) = MakeQueue(4);
        _doorbells.Close(DoorbellMemory.HeadId(1));
        Assert.That(queue.Look(), Is.EqualTo(HeadResult.Closed));
    }

    private static void Post(CompletionQueue queue, ushort commandId)
    {
        if (!queue.TryPost(0, 0, 1, commandId, StatusCode.Success))
            Assert.Fail($"Command {commandId} was not posted.");
    }

    private (CompletionQueue Queue, QueueDriver Driver) MakeQueue(uint entries, bool ringChecks = true)
    {
        _memory.AllocateRegion(Base, (entries * CompletionEntry.SizeBytes + 4095) & ~4095ul);
        DoorbellState head = _doorbells.Open(DoorbellMemory.HeadId(1), ringChecks ? entries : 65536);
        var driver = new QueueDriver(_memory, _doorbells) { CqAddress = Base, CqEntries = entries };
        return (new CompletionQueue(1, Base, entries, _memory, head, vector: 0, interruptsEnabled: true), driver);
    }
}
