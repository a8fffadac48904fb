using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Abort of I/O commands: what waits is aborted; what a disk has is, where the disk gives it up.</summary>
internal sealed partial class AbortTests
{
    private const ulong Data = IoTaskFixture.DataAddress;

    [Test]
    public void A_command_that_waits_for_room_is_aborted_and_answered_in_its_turn()
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        for (ushort id = 0; id < 5; id++)
            driver.Put(IoEntries.Read(id, id, 1, Data));
        driver.Ring();
        io.Turn();
        Assert.That(disk.Waiting, Has.Count.EqualTo(3));

        Assert.That(Abort(io, 3), Is.True);
        disk.CompleteAll();
        io.Turn();
        List<(ushort, StatusCode)> ended = [.. driver.ReapAll().Select(entry => (entry.CommandId, entry.Status))];
        io.Turn();
        disk.CompleteAll();
        io.Turn();
        ended.AddRange(driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)));

        Assert.That(ended, Is.EqualTo(new[]
        {
            ((ushort)0, StatusCode.Success), (1, StatusCode.Success), (2, StatusCode.Success),
            (3, StatusCode.AbortRequested), (4, StatusCode.Success),
        }));
        Assert.That(disk.Seen.Select(seen => seen.Offset), Is.EqualTo(new ulong[] { 0, 512, 1024, 2048 }));
    }

    [Test]
    public void The_entry_of_an_aborted_command_serves_the_next_pass_like_any_other()
    {
        using var io = new IoTaskFixture(cqEntries: 2);
        io.AddNamespace(new NullDisk(1 << 20));
        QueueDriver driver = io.AddQueue(entries: 4);
        driver.Put(IoEntries.Flush(0));
        driver.Put(IoEntries.Flush(1));
        driver.Ring();
        io.Turn();
        Assert.That(Abort(io, 1), Is.True);
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success));
        io.Turn();
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.AbortRequested));
        for (ushort id = 2; id < 12; id++)
        {
            driver.Submit(IoEntries.Flush(id));
            io.Turn();
            Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success));
        }
    }

    [Test]
    public void A_command_that_a_disk_has_is_not_aborted()
    {
        using var io = new IoTaskFixture();
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Read(1, 0, 1, Data));
        io.Turn();

        Assert.That(Abort(io, 1), Is.False);
        disk.CompleteAll();
        io.Turn();

        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success));
        Assert.That(Abort(io, 1), Is.False, "it has been answered");
    }

    [Test]
    public void A_command_with_steps_left_takes_no_further_one()
    {
        using var io = new IoTaskFixture();
        var first = new ManualDisk();
        var second = new ManualDisk();
        io.AddNamespace(first);
        io.AddNamespace(second);
        QueueDriver driver = io.AddQueue();
        driver.Submit(IoEntries.Flush(1, NamespaceIds.All));
        io.Turn();

        Assert.That(Abort(io, 1), Is.True);
        first.CompleteAll();
        io.Turn();

        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.AbortRequested));
        Assert.That(second.Seen, Is.Empty);
        driver.Submit(IoEntries.Flush(2, NamespaceIds.All));
        io.Turn();
        first.CompleteAll();
        io.Turn();
        second.CompleteAll();
        io.Turn();
        Assert.That(driver.Await().Status, Is.EqualTo(StatusCode.Success), "the request is as new");
    }

    [TestCase((ushort)10, StatusCode.AbortRequested, StatusCode.AbortedMissingFused)]
    [TestCase((ushort)11, StatusCode.AbortedFailedFused, StatusCode.AbortRequested)]
    public void Half_of_a_fused_pair_takes_the_other_half_with_it(ushort aborted, StatusCode first, StatusCode second)
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        var disk = new ManualDisk();
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        for (ushort id = 0; id < 3; id++)
            driver.Put(IoEntries.Read(id, id, 1, Data));
        SubmissionEntry pair = IoEntries.Write(10, 0, 1, Data);
        driver.Put(pair with { Opcode = (byte)IoOpcode.Compare, Fuse = FusedOperation.First });
        driver.Put(pair with { CommandId = 11, Fuse = FusedOperation.Second });
        driver.Ring();
        io.Turn();

        Assert.That(Abort(io, aborted), Is.True);
        disk.CompleteAll();
        io.Turn();
        Assert.That(driver.ReapAll(), Has.Count.EqualTo(3));
        io.Turn();

        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)),
            Is.EquivalentTo(new[] { ((ushort)10, first), (11, second) }));
        Assert.That(disk.Seen, Has.Count.EqualTo(3));
    }

    [Test]
    public void A_host_is_told_whether_its_command_was_aborted()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, entries: 2);
        ulong page = machine.Driver.AllocatePages(1);
        pair.Execute(new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = 9 }); // identifier 0 is used
        ushort read = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 1, page));
        Wait.Until(() => disk.Waiting.Count == 1, "the read");

        Assert.That(Execute(machine, 1, read).Result, Is.EqualTo(1), "a disk has it");
        Assert.That(Execute(machine, 1, 999).Result, Is.EqualTo(1), "no such command");
        Assert.That(Execute(machine, 8, 0).Result, Is.EqualTo(1), "no such queue");
        Assert.That(Execute(machine, 700, 0).Result, Is.EqualTo(1), "no such identifier");

        // The completion queue has room for one, which the read has: a second command waits.
        ulong second = machine.Driver.AllocatePages(1);
        Assert.That(machine.Driver.CreateSubmissionQueue(2, 16, second, 1), Is.EqualTo(StatusCode.Success));
        var other = new DriverQueuePair(machine.Driver, 2, 1, second, 16, pair.CompletionAddress, 2);
        ushort waiting = other.Submit(ControllerDriver.BlockEntry(IoOpcode.Read, 1, 8, 1, page));
        Wait.Until(() => Execute(machine, 2, waiting).Result == 0, "the queue to look, and the abort");
        disk.CompleteAll();
        Assert.That(pair.WaitFor(read).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pair.WaitFor(waiting).Status.WithoutFlags(), Is.EqualTo(StatusCode.AbortRequested));
        Assert.That(disk.Seen, Has.Count.EqualTo(1));
    }

    [Test]
    public void More_aborts_than_ACL_allows_at_a_time_are_refused()
    {
        using var machine = new TestMachine(reactors: 2);
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        machine.Driver.CreateQueuePair(1); // on the second reactor
        int limit = new IdentifyControllerData(machine.Driver.Identify(IdentifyCns.Controller)).AbortCommandLimit + 1;
        using var hold = new ManualResetEventSlim();
        machine.Reactors[1].Post(hold.Wait);
        ushort[] aborts = [.. Enumerable.Range(0, limit).Select(_ => machine.Driver.Admin.Submit(Entry(1, 5)))];

        StatusCode refused = machine.Driver.Execute(Entry(1, 5)).Status;
        Assert.That(aborts.Any(machine.Driver.Admin.HasCompleted), Is.False);
        hold.Set();

        Assert.That(refused.WithoutFlags(), Is.EqualTo(StatusCode.AbortCommandLimitExceeded));
        foreach (ushort abort in aborts)
            Assert.That(machine.Driver.Admin.WaitFor(abort).Result, Is.EqualTo(1));
        Assert.That(Execute(machine, 1, 5).Status, Is.EqualTo(StatusCode.Success), "there is room again");
    }

    private static CompletionEntry Execute(TestMachine machine, uint queueId, uint commandId) =>
        machine.Driver.Execute(Entry(queueId, commandId));

    private static SubmissionEntry Entry(uint queueId, uint commandId) =>
        new() { Opcode = (byte)AdminOpcode.Abort, Cdw10 = commandId << 16 | queueId };

    private static bool Abort(IoTaskFixture io, ushort commandId)
    {
        bool? answer = null;
        io.Task.PostAbort(1, commandId, isAborted => answer = isAborted);
        io.Turn();
        Assert.That(answer, Is.Not.Null);
        return answer!.Value;
    }
}
