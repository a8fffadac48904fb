using NvmeDoorbell.Controller;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Commands that are neither in guest RAM nor over when a controller is saved.</summary>
public sealed class MoveQueueTests
{
    private const int CompletionEntries = 3; // room for two

    [Test]
    public void Edge25_A_command_that_waits_and_is_aborted_is_answered_as_aborted_in_its_turn()
    {
        using var machine = new MovingMachine();
        QueueDriver guest = Start(machine, out _);
        for (ushort id = 0; id < 4; id++)
            guest.Put(IoEntries.Flush(id));
        guest.Ring();
        Wait.Until(() => machine.Controller.GetStatistics().Commands == 2, "two completions, for which there is room");
        Assert.That(
            machine.Driver.Execute(new SubmissionEntry { Opcode = (byte)AdminOpcode.Abort, Cdw10 = 3 << 16 | 1 }).Result,
            Is.Zero, "it is aborted");

        machine.Move();

        StatusCode[] statuses = [.. Enumerable.Range(0, 4).Select(_ => guest.Await().Status)];
        Assert.That(
            statuses,
            Is.EqualTo(new[] { StatusCode.Success, StatusCode.Success, StatusCode.Success, StatusCode.AbortRequested }));
    }

    [Test]
    public void The_first_of_a_fused_pair_waits_for_the_second_where_the_controller_goes_on()
    {
        using var machine = new MovingMachine();
        QueueDriver guest = Start(machine, out ulong data);
        guest.Put(IoEntries.Flush(0));
        guest.Put(Fused(IoEntries.Compare(1, 0, 1, data), FusedOperation.First)); // takes the last place
        guest.Put(Fused(IoEntries.Write(2, 0, 1, data + 4096), FusedOperation.Second));
        guest.Ring();
        Wait.Until(() => guest.TryPeek(out _), "the completion of the flush");
        PauseTests.LetTurn(machine.Reactors);
        machine.Memory.TryWrite(data + 4096, Enumerable.Repeat((byte)7, 512).ToArray());

        machine.Move();

        Assert.That(
            new[] { guest.Await(), guest.Await(), guest.Await() }.Select(entry => (entry.CommandId, entry.Status)),
            Is.EqualTo(new[] { ((ushort)0, StatusCode.Success), (1, StatusCode.Success), (2, StatusCode.Success) }));
        guest.Submit(IoEntries.Read(3, 0, 1, data));
        guest.Await();
        Assert.That(machine.Driver.ReadRam(data, 512), Is.All.EqualTo(7));
    }

    [Test]
    public void Completions_whose_queue_is_not_in_guest_RAM_are_posted_when_it_is()
    {
        using var machine = new MovingMachine();
        var disk = new ManualDisk();
        machine.AddDisk(1, disk);
        machine.Driver.Enable();
        ulong completions = TestMachine.RamBytes;
        byte[] memory = GC.AllocateArray<byte>(2 * GuestMemory.PageBytes, pinned: true);
        nint host = MoveTests.AlignedAddress(memory);
        machine.Memory.AddRegion(completions, host, GuestMemory.PageBytes);
        QueueDriver guest = Make(machine, completions, entries: 16, out ulong data);
        guest.Put(IoEntries.Read(5, 6, 1, data));
        guest.Put(IoEntries.Read(8, 9, 1, data));
        guest.Ring();
        Wait.Until(() => disk.Waiting.Count == 2, "two reads at the disk");
        machine.Memory.RemoveRegion(completions, GuestMemory.PageBytes, TimeSpan.FromMilliseconds(1));
        disk.CompleteOne(DiskStatus.ReadError);
        disk.CompleteOne();

        machine.Move();
        machine.Memory.AddRegion(completions, host, GuestMemory.PageBytes);

        CompletionEntry first = guest.Await();
        Assert.That(
            (first.CommandId, first.Status.WithoutFlags()), Is.EqualTo(((ushort)5, StatusCode.UnrecoveredReadError)));
        CompletionEntry second = guest.Await();
        Assert.That((second.CommandId, second.SqId, second.Status), Is.EqualTo(((ushort)8, (ushort)1, StatusCode.Success)));
        byte[] error = Events.ReadLogPage(machine.Driver, LogPageId.ErrorInformation, 64);
        Assert.That(
            (BitConverter.ToUInt16(error, 8), BitConverter.ToUInt16(error, 10), BitConverter.ToUInt64(error, 16),
                BitConverter.ToUInt32(error, 24), error[31]),
            Is.EqualTo(((ushort)1, (ushort)5, 6ul, 1u, (byte)IoOpcode.Read)), "the entry of the error log");
        GC.KeepAlive(memory);
    }

    [Test]
    public void Admin_completions_that_wait_for_room_are_posted_when_there_is_some()
    {
        using var machine = new MovingMachine();
        machine.Driver.Enable(entries: 8, completionEntries: 2);
        DriverQueuePair admin = machine.Driver.Admin;
        ushort request = admin.Submit(Events.Request);
        ulong page = machine.Driver.AllocatePages(1);
        ushort identify = admin.Submit(MoveTests.Identify(page));
        Wait.Until(() => admin.Peek(0).Phase, "the completion that fills the queue");
        machine.Driver.Write32(DoorbellRegister.SubmissionTail(7, 0), 1); // no such queue: an event
        PauseTests.LetTurn(machine.Reactors);

        machine.Move();

        admin.WaitFor(identify);
        Assert.That(
            AsynchronousEvent.FromDword0(admin.WaitFor(request).Result), Is.EqualTo(AsynchronousEvent.InvalidDoorbellRegister));
    }

    [Test]
    public void An_admin_command_that_has_failed_and_waits_for_room_says_so_where_it_is_posted()
    {
        using var machine = new MovingMachine();
        var disk = new ManualDisk();
        machine.AddDisk(1, disk);
        machine.Driver.Enable(entries: 8, completionEntries: 2);
        DriverQueuePair admin = machine.Driver.Admin;
        ushort format = admin.Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = 1 });
        Wait.Until(() => disk.Waiting.Count == 1, "the erasing");
        ushort identify = admin.Submit(MoveTests.Identify(machine.Driver.AllocatePages(1)));
        Wait.Until(() => admin.Peek(0).Phase, "the completion that fills the queue");
        disk.CompleteOne(DiskStatus.WriteFault);

        machine.Move();

        admin.WaitFor(identify);
        Assert.That(admin.WaitFor(format).Status, Is.EqualTo(StatusCode.WriteFault | StatusCode.DoNotRetry));
    }

    [Test]
    public void Several_submission_queues_of_a_completion_queue_keep_their_classes()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable(configuration: ControllerDriver.DefaultConfiguration | ControllerDriver.WeightedRoundRobin);
        ulong completions = machine.Driver.AllocatePages(1);
        machine.Driver.CreateCompletionQueue(1, 64, completions);
        uint[] flags = [3 << 1 | 1, 0 << 1 | 1]; // low, urgent
        QueueDriver[] guests = [.. flags.Select((flag, index) =>
        {
            ulong submissions = machine.Driver.AllocatePages(1);
            machine.Driver.CreateSubmissionQueue(index + 1, 16, submissions, 1, flag);
            return Guest(machine, submissions, completions, 64, (ushort)(index + 1));
        })];
        machine.Controller.Pause();
        for (ushort id = 0; id < 8; id++)
        {
            foreach (QueueDriver guest in guests)
                guest.Submit(IoEntries.Flush(id));
        }

        machine.Move();

        ushort[] order = [.. Enumerable.Range(0, 16).Select(_ => guests[0].Await().SqId)];
        Assert.That(order, Is.EqualTo(Enumerable.Repeat((ushort)2, 8).Concat(Enumerable.Repeat((ushort)1, 8))));
    }

    [Test]
    public void Reservation_notifications_and_their_masks_are_taken_over()
    {
        ReservationLog source = new(), target = new();
        source.SetMask(2, 1 << (int)ReservationNotification.ReservationReleased);
        source.Add(ReservationNotification.RegistrationPreempted, 1);
        source.Add(ReservationNotification.ReservationPreempted, 3);
        source.Advance();
        StateWriter writer = new();
        source.Save(writer);
        source.SaveMasks(writer);

        StateReader reader = new(StateSection.Logs, writer.Written);
        Action all = target.Read(ref reader);
        all += target.ReadMasks(ref reader, 0x0E);
        reader.End();
        all();

        byte[] expected = new byte[ReservationLog.LengthBytes], actual = new byte[ReservationLog.LengthBytes];
        source.CopyTo(expected);
        target.CopyTo(actual);
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That((actual[0], actual[8], actual[12]), Is.EqualTo((2, 3, 3)));
        Assert.That(target.Add(ReservationNotification.ReservationReleased, 2), Is.False, "masked");
    }

    [Test]
    public void Age_and_busy_time_are_taken_over()
    {
        using var machine = new MovingMachine();
        StateWriter writer = new();
        writer.Write(5_000_000ul);
        writer.Write(1ul);
        writer.Write(2ul);
        writer.Write(3ul);
        ControllerCounters counters = new();
        StateReader reader = new(StateSection.Logs, writer.Written);
        counters.Read(ref reader)();
        Assert.That(counters.Age, Is.InRange(TimeSpan.FromSeconds(5000), TimeSpan.FromSeconds(5600)));
        Assert.That(
            (counters.AdminCommands, counters.AdminErrors, counters.InvalidRings), Is.EqualTo((1ul, 2ul, 3ul)));
        BusyClock clock = new();
        clock.StartAt(TimeSpan.FromMinutes(7));
        Assert.That(clock.Total, Is.EqualTo(TimeSpan.FromMinutes(7)));
    }

    private static SubmissionEntry Fused(SubmissionEntry entry, FusedOperation fuse) => entry with { Fuse = fuse };

    private static QueueDriver Start(MovingMachine machine, out ulong data)
    {
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        return Make(machine, machine.Driver.AllocatePages(1), CompletionEntries, out data);
    }

    private static QueueDriver Make(MovingMachine machine, ulong completions, int entries, out ulong data)
    {
        ulong submissions = machine.Driver.AllocatePages(1);
        data = machine.Driver.AllocatePages(2);
        Assert.That(machine.Driver.CreateCompletionQueue(1, entries, completions), Is.EqualTo(StatusCode.Success));
        Assert.That(machine.Driver.CreateSubmissionQueue(1, 16, submissions, 1), Is.EqualTo(StatusCode.Success));
        return Guest(machine, submissions, completions, (uint)entries, sqId: 1);
    }

    private static QueueDriver Guest(
        MovingMachine machine, ulong submissions, ulong completions, uint completionEntries, ushort sqId) =>
        new(machine.Memory, (id, value) => machine.Driver.Write32(RegisterOffset.Doorbells + 4ul * (ulong)id, value))
        {
            SqId = sqId,
            SqAddress = submissions,
            SqEntries = 16,
            CqAddress = completions,
            CqEntries = completionEntries,
        };
}
