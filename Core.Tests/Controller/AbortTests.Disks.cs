using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <content>Commands that a disk has, or that wait for others.</content>
internal sealed partial class AbortTests
{
    [Test]
    public void A_command_that_its_disk_gives_up_is_answered_before_the_abort()
    {
        using var machine = new TestMachine();
        int asked = 0;
        var disk = new ManualDisk
        {
            Cancelling = (_, _) =>
            {
                Volatile.Write(ref asked, 1);
                return true;
            },
        };
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ushort read = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 1, machine.Driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the read");

        ushort abort = machine.Driver.Admin.Submit(Entry(1, read));
        // Not by the next admin command alone: the queue's task asks the disk, in a turn of its own.
        Wait.Until(() => Volatile.Read(ref asked) != 0, "the disk being asked");
        machine.Driver.Identify(IdentifyCns.Controller);
        Assert.That(machine.Driver.Admin.HasCompleted(abort), Is.False, "the disk has not let go yet");
        disk.CompleteAll(DiskStatus.Aborted);

        CompletionEntry answer = machine.Driver.Admin.WaitFor(abort);
        Assert.That((answer.Status, answer.Result), Is.EqualTo((StatusCode.Success, 0u)));
        Assert.That(pair.HasCompleted(read), Is.True, "the command's completion is there first");
        Assert.That(pair.WaitFor(read).Status, Is.EqualTo(StatusCode.AbortRequested));
    }

    [Test]
    public void A_command_that_ends_while_its_disk_is_asked_is_not_aborted()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        disk.Cancelling = (_, _) =>
        {
            disk.CompleteAll();
            return true;
        };
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        io.Turn();

        Assert.That(Abort(io, 1), Is.False);
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_disk_that_throws_when_it_is_asked_keeps_the_command()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk { Cancelling = static (_, _) => throw new InvalidOperationException() };
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        io.Turn();

        Assert.That(Abort(io, 1), Is.False);
        disk.CompleteAll();
        io.Turn();
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void The_step_of_a_command_is_given_up_with_it()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk { Cancelling = ManualDisk.GiveUp };
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Verify(1, 0, 1024));
        io.Turn();

        Assert.That(Abort(io, 1), Is.True);
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.AbortRequested));
        Assert.That(disk.Seen, Has.Count.EqualTo(1));
    }

    [TestCase(1, StatusCode.AbortRequested, StatusCode.AbortedFailedFused)]
    [TestCase(2, StatusCode.Success, StatusCode.AbortRequested)]
    public void A_fused_pair_ends_as_a_whole_when_its_disk_gives_half_of_it_up(
        int step, StatusCode first, StatusCode second)
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk { Cancelling = ManualDisk.GiveUp };
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        PutPair(driver);
        driver.Ring();
        io.Turn();
        Assert.That(Abort(io, 11), Is.False, "the write waits for the comparison");
        if (step == 2)
        {
            disk.CompleteOne(); // the comparison: guest RAM and the buffer are zeroes
            io.Turn();
        }

        Assert.That(Abort(io, step == 1 ? (ushort)10 : (ushort)11), Is.True);

        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)),
            Is.EquivalentTo(new[] { ((ushort)10, first), (11, second) }));
        disk.Waiting.Clear();
        PutPair(driver); // the section is free again
        driver.Ring();
        io.Turn();
        disk.CompleteAll();
        io.Turn();
        disk.CompleteAll();
        io.Turn();
        Assert.That(driver.ReapAll().Select(entry => entry.Status), Is.All.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_command_that_waits_for_a_pair_is_aborted()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        PutPair(driver);
        driver.Put(IoEntries.Read(12, 0, 1, Data));
        driver.Put(IoEntries.Verify(13, 0, 1));
        driver.Ring();
        io.Turn();
        Assert.That(disk.Seen, Has.Count.EqualTo(1), "the comparison");

        Assert.That(Abort(io, 12), Is.True);
        Assert.That(Abort(io, 13), Is.True);
        disk.CompleteOne();
        io.Turn();
        disk.CompleteOne();
        io.Turn();

        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)),
            Is.EquivalentTo(new[]
            {
                ((ushort)10, StatusCode.Success), (11, StatusCode.Success),
                (12, StatusCode.AbortRequested), (13, StatusCode.AbortRequested),
            }));
        Assert.That(disk.Seen, Has.Count.EqualTo(2));
    }

    [Test]
    public void The_first_of_a_pair_is_aborted_while_the_second_waits_for_room()
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Put(IoEntries.Read(0, 0, 1, Data));
        driver.Put(IoEntries.Read(1, 1, 1, Data));
        PutPair(driver);
        driver.Ring();
        io.Turn();

        Assert.That(Abort(io, 10), Is.True);
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.AbortRequested));
        disk.CompleteAll();
        io.Turn();

        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)),
            Is.EquivalentTo(new[]
            {
                ((ushort)0, StatusCode.Success), (1, StatusCode.Success), (11, StatusCode.AbortedMissingFused),
            }));
    }

    [Test]
    public void A_command_whose_completion_waits_for_its_place_has_ended()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Verify(1, 0, 1));
        io.Turn();
        io.Memory.RemoveRegion(driver.CqAddress, 4096, TimeSpan.Zero);
        disk.CompleteAll();
        io.Turn();

        Assert.That(Abort(io, 1), Is.False);
    }

    private static void PutPair(QueueDriver driver)
    {
        SubmissionEntry write = IoEntries.Write(11, 0, 1, Data);
        driver.Put(write with { CommandId = 10, Opcode = (byte)IoOpcode.Compare, Fuse = FusedOperation.First });
        driver.Put(write with { Fuse = FusedOperation.Second });
    }
}
