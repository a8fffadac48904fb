using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Fused Compare and Write: which entries are a pair, how the two end, and what the pair keeps out.</summary>
public sealed class FusedTests
{
    private const ulong Data = IoTaskFixture.DataAddress;
    private const ulong Old = Data;
    private const ulong New = Data + 4096;
    private const StatusCode Missing = StatusCode.AbortedMissingFused;
    private const StatusCode Failed = StatusCode.AbortedFailedFused;
    private const StatusCode Dnr = StatusCode.DoNotRetry;

    private IoTaskFixture _io = null!;
    private QueueDriver _driver = null!;

    [SetUp]
    public void Make()
    {
        _io = new IoTaskFixture();
        _driver = _io.AddQueue();
    }

    [TearDown]
    public void Free() => _io.Dispose();

    [Test]
    public void A_pair_writes_where_it_finds_what_it_expects_and_nowhere_else()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        _io.Memory.TryWrite(New, Pattern(1));
        Assert.That(Run(Compare(1), Write(2)), Is.EqualTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success) }));
        Assert.That(ReadBack(), Is.EqualTo(Pattern(1)));
        _io.Memory.TryWrite(New, Pattern(2));
        Assert.That(Run(Compare(3), Write(4)), Is.EqualTo(new[] { (3, StatusCode.CompareFailure | Dnr), (4, Failed) }));
        Assert.That(ReadBack(), Is.EqualTo(Pattern(1)));
        Assert.That((_io.Task.Totals.Commands, _io.Task.Totals.Errors), Is.EqualTo((6ul, 2ul)));
    }

    [Test]
    public void The_halves_of_a_pair_have_options_of_their_own()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        const uint forceUnitAccess = 1u << 30;
        Assert.That(
            Run(Compare(1), Write(2) with { Cdw12 = Write(2).Cdw12 | forceUnitAccess }),
            Is.EqualTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success) }));
    }

    [Test]
    public void Entries_that_are_no_pair_are_each_missing_the_other()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        SubmissionEntry read = IoEntries.Read(9, 0, 1, Data + 8192);
        Assert.That(Run(Compare(1)), Is.EqualTo(new[] { (1, Missing) }));
        Assert.That(Run(Write(2)), Is.EqualTo(new[] { (2, Missing) }));
        Assert.That(
            Run(Compare(1), read, Write(2)),
            Is.EqualTo(new[] { (1, Missing), (9, StatusCode.Success), (2, Missing) }));
        Assert.That(
            Run(Compare(1), Compare(2), Write(3)),
            Is.EqualTo(new[] { (1, Missing), (2, StatusCode.Success), (3, StatusCode.Success) }));
        Assert.That(
            Run(Compare(1), Write(2), Write(3)),
            Is.EquivalentTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success), (3, Missing) }));
    }

    [Test]
    public void The_first_half_that_waits_for_the_second_holds_no_memory()
    {
        using var io = new IoTaskFixture(cqEntries: 4);
        using var disk = new RamDisk(1 << 20);
        io.AddNamespace(disk);
        QueueDriver driver = io.AddQueue();
        driver.Put(IoEntries.Flush(1));
        driver.Put(IoEntries.Flush(2));
        driver.Put(Compare(3));
        driver.Put(Write(4)); // for whose completion there is no room
        driver.Ring();
        io.Turn();

        Assert.That(
            io.Memory.RemoveRegion(Data, IoTaskFixture.DataBytes, TimeSpan.Zero), Is.EqualTo(GuestMemoryRemoval.Removed));
        driver.ReapAll();
        io.Turn();
        Assert.That(
            driver.ReapAll().Select(entry => (entry.CommandId, entry.Status.WithoutFlags())),
            Is.EquivalentTo(new[] { (3, StatusCode.DataTransferError), (4, Failed) }));
    }

    [Test]
    public void Entries_of_two_rings_are_no_pair()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        _driver.Submit(Compare(1));
        _io.Turn();
        _driver.Submit(Write(2));
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (1, Missing), (2, Missing) }));
    }

    [Test]
    public void A_pair_may_lie_across_the_end_of_its_queue()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        while (_driver.SqTail != _driver.SqEntries - 1)
            Run(IoEntries.Flush(1));
        Assert.That(Run(Compare(1), Write(2)), Is.EqualTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success) }));
        Assert.That(_driver.SqTail, Is.EqualTo(1));
    }

    private static IEnumerable<TestCaseData> WrongPairs()
    {
        StatusCode field = StatusCode.InvalidField | Dnr;
        StatusCode range = StatusCode.LbaOutOfRange | Dnr;
        StatusCode prp = StatusCode.PrpOffsetInvalid | Dnr;
        StatusCode nsid = StatusCode.InvalidNamespaceOrFormat | Dnr;
        yield return Case("Two_commands_that_are_none", Compare(1) with { Opcode = (byte)IoOpcode.Read }, Write(2), field, field);
        yield return Case("A_second_that_is_none", Compare(1), Write(2) with { Opcode = (byte)IoOpcode.WriteZeroes }, field, field);
        yield return Case("Other_blocks", Compare(1), Write(2, lba: 1), field, field);
        yield return Case("Blocks_far_away", Compare(1), Write(2) with { Cdw11 = 1 }, field, field);
        yield return Case("Other_lengths", Compare(1), Write(2) with { Cdw12 = 0 }, field, field);
        yield return Case("Other_namespaces", Compare(1), Write(2) with { NamespaceId = 2 }, field, field);
        yield return Case("No_such_namespace", Compare(1) with { NamespaceId = 9 }, Write(2) with { NamespaceId = 9 }, nsid, Failed);
        yield return Case("Over_the_end", Compare(1, lba: 2047), Write(2, lba: 2047), range, Failed);
        yield return Case("Wrong_data_of_the_first", Compare(1) with { Prp1 = Data + 2 }, Write(2), prp, Failed);
        yield return Case("Wrong_data_of_the_second", Compare(1), Write(2) with { Prp1 = Data + 2 }, Failed, prp);
        yield return Case("Reserved_psdt_of_the_first", Compare(1) with { Psdt = DataTransferKind.Reserved }, Write(2), field, Failed);
        yield return Case("Reserved_psdt_of_the_second", Compare(1), Write(2) with { Psdt = DataTransferKind.Reserved }, Failed, field);
    }

    [TestCaseSource(nameof(WrongPairs))]
    public void Wrong_pair(SubmissionEntry compare, SubmissionEntry write, StatusCode first, StatusCode second)
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(disk);
        Assert.That(Run(compare, write), Is.EqualTo(new[] { (1, first), (2, second) }));
        Assert.That(disk.Seen, Is.Empty);
        Assert.That(Run(IoEntries.Read(3, 0, 2, Data)), Is.EqualTo(new[] { (3, StatusCode.Success) }), "nothing is kept out");
    }

    [Test]
    public void A_write_protected_namespace_is_compared_with_and_not_written()
    {
        _io.AddNamespace(new ManualDisk { Answer = DiskStatus.Success, IsReadOnly = true });
        Assert.That(
            Run(Compare(1), Write(2)),
            Is.EqualTo(new[] { (1, Failed), (2, StatusCode.NamespaceWriteProtected | Dnr) }));
    }

    [Test]
    public void A_disks_failure_ends_the_pair_where_it_happens()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        Put(Compare(1), Write(2));
        disk.CompleteOne(DiskStatus.ReadError);
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (1, StatusCode.UnrecoveredReadError), (2, Failed) }));
        Put(Compare(3), Write(4));
        disk.CompleteOne();
        _io.Turn();
        disk.CompleteOne(DiskStatus.WriteFault);
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (3, StatusCode.Success), (4, StatusCode.WriteFault) }));
    }

    [Test]
    public void A_pair_waits_for_commands_on_its_blocks_and_keeps_later_ones_out()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        QueueDriver other = _io.AddQueue(2);
        other.Submit(IoEntries.Write(10, 1, 1, Data));
        _io.Turn();
        Put(Compare(1), Write(2));
        Assert.That(Seen(disk), Is.EqualTo("W"), "the pair waits for the write");
        disk.CompleteOne();
        _io.Turn();
        Assert.That(Seen(disk), Is.EqualTo("WR"));
        other.Put(IoEntries.Read(11, 1, 1, Data));
        other.Put(IoEntries.Write(12, 0, 1, Data));
        other.Put(IoEntries.WriteZeroes(13, 0, 100));
        other.Put(IoEntries.Read(14, 2, 1, Data));
        other.Ring();
        _io.Turn();
        Assert.That(Seen(disk), Is.EqualTo("WRR"), "of other blocks one goes on");
        disk.CompleteAll();
        _io.Turn();
        Assert.That(Seen(disk), Is.EqualTo("WRRW"));
        disk.CompleteAll();
        _io.Turn();
        Assert.That(Seen(disk), Is.EqualTo("WRRWRWZ"), "the others come in when the pair has left");
        disk.CompleteAll();
        _io.Turn();
        Assert.That(Reap().Select(each => each.Status), Is.EqualTo(Enumerable.Repeat(StatusCode.Success, 7)));
    }

    [Test]
    public void A_command_that_was_kept_out_once_goes_before_the_next_pair()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        Put(Compare(1), Write(2), Compare(3), Write(4), IoEntries.Read(5, 0, 1, Data));
        Assert.That(Seen(disk), Is.EqualTo("R"));
        disk.CompleteOne();
        _io.Turn();
        disk.CompleteOne();
        _io.Turn();
        Assert.That(Seen(disk), Is.EqualTo("RWR"), "one read, of the two that may come");
        Assert.That(disk.Seen.Last().Length, Is.EqualTo(512), "the read that waited");
        disk.CompleteOne();
        _io.Turn();
        Assert.That(disk.Seen.Last().Length, Is.EqualTo(1024), "the second pair's");
        disk.CompleteOne();
        _io.Turn();
        disk.CompleteOne();
        _io.Turn();
        Assert.That(Reap().Select(each => each.Id), Is.EqualTo(new[] { 1, 2, 5, 3, 4 }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Edge25_A_pair_under_way_ends_with_its_queue_or_a_stop(bool stops)
    {
        var disk = new ManualDisk();
        Namespace space = _io.AddNamespace(disk);
        Put(Compare(1), Write(2), Compare(3), Write(4));
        bool done = false;
        if (stops)
            _io.Task.PostStop(() => done = true);
        else
            _io.Task.PostRemoveQueue(1, () => done = true);
        _io.Turn();
        Assert.That(done, Is.False);
        disk.CompleteAll();
        _io.Turn();
        Assert.That(done, Is.True);
        Assert.That(disk.Waiting, Is.Empty);
        Assert.That(space.Blocks.IsSpecial, Is.False, "no range is kept");
        Assert.That(Reap(), Is.EqualTo(stops
            ? Array.Empty<(int, StatusCode)>()
            : new[] { (1, StatusCode.AbortedSqDeletion), (2, Failed), (3, StatusCode.AbortedSqDeletion), (4, Failed) }));
    }

    [Test]
    public void Edge25_A_first_command_that_waits_for_its_second_ends_with_its_queue()
    {
        _io.Dispose();
        _io = new IoTaskFixture(cqEntries: 3);
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        _driver = _io.AddQueue();
        Put(IoEntries.Read(9, 0, 1, Data), Compare(1), Write(2));
        bool removed = false;
        _io.Task.PostRemoveQueue(1, () => removed = true);
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (1, StatusCode.AbortedSqDeletion) }));
        disk.CompleteOne();
        _io.Turn();
        Assert.That(removed, Is.True);
    }

    [Test]
    public void A_second_command_waits_for_room_for_its_completion()
    {
        _io.Dispose();
        _io = new IoTaskFixture(cqEntries: 3);
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        _driver = _io.AddQueue();
        Put(IoEntries.Flush(9), Compare(1), Write(2));
        _io.Sleep();
        Assert.That(_driver.ReapAll().Select(entry => entry.CommandId), Is.EqualTo(new[] { 9 }));
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success) }));
    }

    [Test]
    public void A_completion_queue_that_never_has_room_for_two_has_no_pairs()
    {
        _io.Dispose();
        _io = new IoTaskFixture(cqEntries: 2);
        _io.AddNamespace(new ManualDisk());
        _driver = _io.AddQueue();
        Put(Compare(1), Write(2));
        Assert.That(Reap(), Is.EqualTo(new[] { (1, Missing) }));
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (2, Missing) }));
    }

    [Test]
    public void A_pair_does_not_wait_for_a_task_that_has_gone()
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        Namespace space = _io.AddNamespace(disk);
        using var other = new IoTaskFixture();
        space.Blocks.Section.Attach(other.Namespaces.Tasks);
        other.AddQueue().Submit(IoEntries.Flush(1, nsid: 9));
        other.Turn();
        Put(Compare(1), Write(2));
        Assert.That(disk.Seen, Is.Empty, "the other has not answered");
        other.Dispose();
        _io.Turn();
        Assert.That(Reap(), Is.EqualTo(new[] { (1, StatusCode.Success), (2, StatusCode.Success) }));
    }

    private static TestCaseData Case(
        string name, SubmissionEntry compare, SubmissionEntry write, StatusCode first, StatusCode second) =>
        new TestCaseData(compare, write, first, second).SetName($"Fused_{name}");

    private static SubmissionEntry Compare(ushort id, ulong lba = 0) =>
        IoEntries.Compare(id, lba, 2, Old) with { Fuse = FusedOperation.First };

    private static SubmissionEntry Write(ushort id, ulong lba = 0) =>
        IoEntries.Write(id, lba, 2, New) with { Fuse = FusedOperation.Second };

    private static byte[] Pattern(byte value) => [.. Enumerable.Repeat(value, 1024)];

    private static string Seen(ManualDisk disk) => string.Concat(disk.Seen.Select(each => each.Operation switch
    {
        DiskOperation.Read => 'R',
        DiskOperation.Write => 'W',
        _ => 'Z',
    }));

    private void Put(params SubmissionEntry[] entries)
    {
        foreach (SubmissionEntry entry in entries)
            _driver.Put(in entry);
        _driver.Ring();
        _io.Turn();
    }

    private List<(int Id, StatusCode Status)> Run(params SubmissionEntry[] entries)
    {
        Put(entries);
        return Reap();
    }

    private List<(int Id, StatusCode Status)> Reap() =>
        [.. _driver.ReapAll().Select(entry => ((int)entry.CommandId, entry.Status))];

    private byte[] ReadBack()
    {
        Run(IoEntries.Read(9, 0, 2, Data + 8192));
        var bytes = new byte[1024];
        _io.Memory.TryRead(Data + 8192, bytes);
        return bytes;
    }
}
