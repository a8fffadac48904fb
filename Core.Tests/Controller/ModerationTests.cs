using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Interrupts that are spared because the guest has one already and has not come to its handler.</summary>
internal sealed class ModerationTests
{
    private const long Start = 1_000_000_000;

    private static int Take(ref InterruptModeration moderation, int posted, ushort head, long now, bool atOnce = false) =>
        moderation.Take(posted, head, isConsumed: false, atOnce, now);

    [Test]
    public void Entries_are_held_while_the_head_stands_where_it_stood_at_the_interrupt()
    {
        InterruptModeration moderation = default;
        Assert.That(Take(ref moderation, 1, head: 7, Start), Is.EqualTo(1));
        Assert.That(Take(ref moderation, 1, head: 7, Start + 1), Is.Zero);
        Assert.That(Take(ref moderation, 2, head: 7, Start + 2), Is.Zero);
        Assert.That(moderation.Held, Is.EqualTo(3));
    }

    [Test]
    public void What_the_handler_has_left_is_told_at_once()
    {
        InterruptModeration moderation = default;
        Take(ref moderation, 1, head: 7, Start);
        Take(ref moderation, 2, head: 7, Start + 1);
        Assert.That(Take(ref moderation, 0, head: 9, Start + 2), Is.EqualTo(2), "one of the two was posted too late for it");
        Assert.That(Take(ref moderation, 1, head: 9, Start + 3), Is.Zero, "told again, and it has not come again");
    }

    [Test]
    public void A_guest_that_has_consumed_all_is_not_interrupted_but_for_what_comes_then()
    {
        InterruptModeration moderation = default;
        Take(ref moderation, 1, head: 7, Start);
        Take(ref moderation, 1, head: 7, Start + 1);
        Assert.That(moderation.Take(0, head: 9, isConsumed: true, atOnce: false, Start + 2), Is.Zero);
        Assert.That(moderation.Held, Is.Zero);
        Assert.That(Take(ref moderation, 1, head: 9, Start + 3), Is.EqualTo(1));
    }

    [Test]
    public void Nothing_is_held_for_too_long_or_where_it_must_not()
    {
        InterruptModeration moderation = default;
        Take(ref moderation, 1, head: 7, Start);
        Assert.That(Take(ref moderation, 1, head: 7, Start + InterruptModeration.LongestTicks - 1), Is.Zero);
        Assert.That(Take(ref moderation, 0, head: 7, Start + InterruptModeration.LongestTicks), Is.EqualTo(1));
        Assert.That(Take(ref moderation, 1, head: 7, Start + InterruptModeration.LongestTicks + 1, atOnce: true), Is.EqualTo(1));
    }

    [Test]
    public void A_guest_that_does_not_come_is_interrupted_for_the_first_entry_and_before_the_task_sleeps()
    {
        using IoTaskFixture io = Interrupted(out QueueDriver driver);
        driver.Submit(IoEntries.Flush(2));
        io.Turn();

        io.Sleep();

        Assert.That(io.Raised, Is.EqualTo(2));
        Assert.That(driver.ReapAll(), Has.Count.EqualTo(2));
        driver.Submit(IoEntries.Flush(3));
        io.Turn();
        Assert.That(io.Raised, Is.EqualTo(3), "it has come meanwhile");
    }

    [Test]
    public void Nothing_stays_held_in_a_pause()
    {
        using IoTaskFixture io = Interrupted(out QueueDriver driver);
        driver.Submit(IoEntries.Flush(2));
        io.Reactor.Run(TimeSpan.Zero);
        bool isDrained = false;

        io.Task.PostPause(() => isDrained = true);
        io.Turn();

        Assert.That((isDrained, io.Raised), Is.EqualTo((true, 2)));
        io.Task.PostResume();
    }

    /// <summary>A task whose guest has been interrupted for its first entry, and has not come yet.</summary>
    private static IoTaskFixture Interrupted(out QueueDriver driver)
    {
        var io = new IoTaskFixture(moderates: true);
        io.AddNamespace(new NullDisk(1 << 20));
        driver = io.AddQueue();
        io.Turn();
        driver.Submit(IoEntries.Flush(1));
        io.Turn();
        Assert.That(io.Raised, Is.EqualTo(1));
        return io;
    }
}
