using System.Buffers.Binary;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>What a controller keeps beside its queues is the same where it goes on.</summary>
public sealed class StateTests
{
    private const ulong PieceBytes = 64 << 20; // of an erasing

    private static readonly (FeatureId Id, uint Cdw11)[] Values =
    [
        (FeatureId.Arbitration, 0x0403_0203),
        (FeatureId.TemperatureThreshold, 0x0000_0200),
        (FeatureId.TemperatureThreshold, 0x0010_0111),
        (FeatureId.VolatileWriteCache, 0),
        (FeatureId.InterruptCoalescing, 0x0201),
        (FeatureId.InterruptVectorConfiguration, 0x0001_0003),
        (FeatureId.WriteAtomicityNormal, 1),
        (FeatureId.AsynchronousEventConfiguration, 0x0101),
        (FeatureId.SoftwareProgressMarker, 9),
        (FeatureId.ErrorRecovery, 77),
        (FeatureId.ReservationNotificationMask, 0x0E),
    ];

    [Test]
    public void Every_feature_has_the_value_that_the_guest_has_set()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        foreach ((FeatureId id, uint value) in Values)
            Assert.That(SetFeature(machine, id, value).Status, Is.EqualTo(StatusCode.Success), $"{id}");
        ulong page = machine.Driver.AllocatePages(1);
        SetData(machine, page, FeatureId.HostIdentifier, 0x1122334455667788, 1);
        SetData(machine, page, FeatureId.Timestamp, 1_000_000_000_000, 0);

        machine.Move();

        foreach ((FeatureId id, uint value) in Values)
            Assert.That(GetFeature(machine, id, value), Is.EqualTo(Expected(id, value)), $"{id}");
        GetData(machine, page, FeatureId.HostIdentifier, 1);
        Assert.That(BitConverter.ToUInt64(machine.Driver.ReadRam(page, 8)), Is.EqualTo(0x1122334455667788));
        GetData(machine, page, FeatureId.Timestamp, 0);
        ulong timestamp = BitConverter.ToUInt64(machine.Driver.ReadRam(page, 8));
        Assert.That(timestamp & 0xFFFF_FFFF_FFFF, Is.InRange(1_000_000_000_000, 1_000_000_600_000), "it goes on");
        Assert.That(timestamp >> 48, Is.EqualTo(2), "set by the host");
        Assert.That(
            new ReservationDriver(machine.Driver, 1).Report(out _, isExtended: true), Is.EqualTo(StatusCode.Success),
            "the host's identifier has 128 bits");
        machine.Move();
        Assert.That(
            SetFeature(machine, FeatureId.NumberOfQueues, 0).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.CommandSequenceError), "there are queues");
    }

    [Test]
    public void Features_act_where_the_controller_goes_on()
    {
        using var machine = new MovingMachine();
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        machine.AddDisk(1, disk);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        SetFeature(machine, FeatureId.VolatileWriteCache, 0);
        machine.Move();
        pair.Execute(MoveTests.Write(machine.Driver.AllocatePages(1), 0));
        Assert.That(disk.Seen.Last().Fua, Is.True, "without a write cache every write is durable");
    }

    [Test]
    public void Logs_and_counters_go_on()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        for (int count = 0; count < 5; count++)
            pair.Execute(MoveTests.Write(page, 0));
        pair.Execute(MoveTests.Write(page, 1 << 30));
        pair.Execute(IoEntries.Read(0, 0, 8, page));
        pair.Execute(IoEntries.WriteUncorrectable(0, 3, 1));
        pair.Execute(IoEntries.Read(0, 3, 1, page));
        machine.Controller.SetTemperature(300);
        machine.Controller.SetCriticalWarnings(CriticalWarnings.ReliabilityDegraded);
        Events.ReadLogPage(machine.Driver, LogPageId.ChangedNamespaces, 4096);
        machine.AddRamDisk(2); // a changed namespace
        byte[] smart = Events.ReadLogPage(machine.Driver, LogPageId.Smart, 512);
        byte[] errors = Events.ReadLogPage(machine.Driver, LogPageId.ErrorInformation, 4096, retain: true);
        byte[] changed = Events.ReadLogPage(machine.Driver, LogPageId.ChangedNamespaces, 4096, retain: true);
        ControllerStatistics before = machine.Controller.GetStatistics();

        machine.Move();

        Assert.That(Events.ReadLogPage(machine.Driver, LogPageId.Smart, 512), Is.EqualTo(smart));
        Assert.That(
            Events.ReadLogPage(machine.Driver, LogPageId.ErrorInformation, 4096, retain: true), Is.EqualTo(errors));
        Assert.That(BitConverter.ToUInt32(changed), Is.EqualTo(2));
        Assert.That(
            Events.ReadLogPage(machine.Driver, LogPageId.ChangedNamespaces, 4096, retain: true), Is.EqualTo(changed));
        ControllerStatistics after = machine.Controller.GetStatistics();
        Assert.That(
            (after.Commands, after.AdminCommands - 3, after.Errors),
            Is.EqualTo((before.Commands, before.AdminCommands, before.Errors)));
        Assert.That(before.TimedCommands, Is.Not.Zero);
        Assert.That(
            (after.TimedCommands, after.TimedDuration), Is.EqualTo((before.TimedCommands, before.TimedDuration)));
        Assert.That(after.Doorbells, Is.GreaterThanOrEqualTo(before.Doorbells)); // heads are looked at before a pause
        Assert.That(before.Doorbells, Is.GreaterThanOrEqualTo(9));
    }

    [Test]
    public void Warnings_that_have_been_told_of_are_not_told_of_again()
    {
        using var machine = new MovingMachine();
        machine.Driver.Enable();
        SetFeature(machine, FeatureId.AsynchronousEventConfiguration, 4);
        ushort first = machine.Driver.Admin.Submit(Events.Request);
        ushort second = machine.Driver.Admin.Submit(Events.Request);
        machine.Controller.SetCriticalWarnings(CriticalWarnings.ReliabilityDegraded);
        machine.Driver.Admin.WaitFor(first);
        Events.ReadLogPage(machine.Driver, LogPageId.Smart, 512);

        machine.Move();

        machine.Controller.SetTemperature(300); // a look at what is to be told
        Events.ReadLogPage(machine.Driver, LogPageId.Smart, 512);
        Assert.That(machine.Driver.Admin.HasCompleted(second), Is.False);
    }

    [Test]
    public void What_namespaces_keep_goes_on_blocks_reservations_and_format()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.AddRamDisk(3);
        machine.Driver.Enable();
        Format(machine, 3, 1);
        var host = new ReservationDriver(machine.Driver, 1, hostId: 7);
        host.Register(0x77);
        host.Acquire(ReservationType.ExclusiveAccess, 0x77);
        host.Pair.Execute(IoEntries.WriteUncorrectable(0, 5, 2));
        host.Report(out byte[] report);

        machine.Move();

        ulong page = machine.Driver.AllocatePages(1);
        Assert.That(
            new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, 3)).FormattedLbaSize, Is.EqualTo(1));
        host.Report(out byte[] afterwards);
        Assert.That(afterwards, Is.EqualTo(report));
        Assert.That(report[4], Is.EqualTo((byte)ReservationType.ExclusiveAccess));
        Assert.That(host.Register(0x78), Is.EqualTo(StatusCode.ReservationConflict), "the host is registered");
        foreach ((ulong lba, StatusCode expected) in new[]
        {
            (4ul, StatusCode.Success), (5ul, StatusCode.UnrecoveredReadError),
            (6ul, StatusCode.UnrecoveredReadError), (7ul, StatusCode.Success),
        })
        {
            Assert.That(
                ControllerDriver.Transfer(host.Pair, IoOpcode.Read, 1, lba, 1, page).WithoutFlags(), Is.EqualTo(expected));
        }
        Assert.That(host.SetHostId(8), Is.EqualTo(StatusCode.Success));
        Assert.That(host.Access(IoOpcode.Read), Is.EqualTo(StatusCode.ReservationConflict), "another host");
    }

    [Test]
    public void A_format_goes_on_from_the_piece_where_it_was_and_its_command_ends()
    {
        using var machine = new MovingMachine();
        var disk = new ManualDisk { LengthBytes = 4 * PieceBytes };
        machine.AddDisk(1, disk);
        machine.Driver.Enable();
        ushort format = machine.Driver.Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = 1, Cdw10 = 1 });
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Task paused = machine.Controller.PauseAsync();
        PauseTests.LetTurn(machine.Reactors);
        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");

        machine.Restore(machine.Save());
        Assert.That(disk.Seen, Has.Count.EqualTo(1), "nothing is erased before the resume");
        machine.Restore(machine.Save());
        disk.Answer = DiskStatus.Success;
        machine.Controller.Resume();

        Assert.That(machine.Driver.Admin.WaitFor(format).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            disk.Seen.Where(seen => seen.Operation == DiskOperation.WriteZeroes).Select(seen => seen.Offset),
            Is.EqualTo(new[] { 0ul, PieceBytes, 2 * PieceBytes, 3 * PieceBytes }));
        Assert.That(
            new IdentifyNamespaceData(machine.Driver.Identify(IdentifyCns.Namespace, 1)).FormattedLbaSize, Is.EqualTo(1));
    }

    [Test]
    public void A_sanitize_goes_on_with_the_pass_and_the_disk_where_it_was()
    {
        using var machine = new MovingMachine();
        var first = new ManualDisk { LengthBytes = 2 << 20 };
        var second = new ManualDisk { LengthBytes = 1 << 20, Answer = DiskStatus.Success };
        machine.AddDisk(1, first);
        machine.AddDisk(2, second);
        machine.Driver.Enable();
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.Sanitize,
            Cdw10 = 3 | 2 << 4, // overwrite, two passes
            Cdw11 = 0x5A5A_5A5A,
        });
        for (int piece = 0; piece < 3; piece++)
        {
            Wait.Until(() => first.Waiting.Count == 1, "a piece");
            if (piece < 2)
                first.CompleteOne();
        }
        Task paused = machine.Controller.PauseAsync();
        PauseTests.LetTurn(machine.Reactors);
        first.CompleteOne();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(second.Seen, Is.Empty);

        first.Answer = DiskStatus.Success;
        machine.Move();

        Wait.Until(
            () => (Events.ReadLogPage(machine.Driver, LogPageId.SanitizeStatus, 512)[2] & 7) == 1, "the end of sanitize");
        Assert.That(
            first.Seen.Where(seen => seen.Operation == DiskOperation.Write).Select(seen => seen.Offset),
            Is.EqualTo(new ulong[] { 0, 1 << 20, 0, 1 << 20 }));
        Assert.That(second.Seen.Count(seen => seen.Operation == DiskOperation.Write), Is.EqualTo(2));
        byte[] log = Events.ReadLogPage(machine.Driver, LogPageId.SanitizeStatus, 512);
        machine.Move();
        Assert.That(Events.ReadLogPage(machine.Driver, LogPageId.SanitizeStatus, 512), Is.EqualTo(log));
    }

    [Test]
    public void A_self_test_goes_on_with_its_next_read_and_earlier_results_are_there()
    {
        using var machine = new MovingMachine();
        var disk = new ManualDisk { LengthBytes = 1 << 30, Answer = DiskStatus.Success };
        machine.AddDisk(1, disk);
        machine.Driver.Enable();
        SubmissionEntry test = new() { Opcode = (byte)AdminOpcode.DeviceSelfTest, NamespaceId = 1, Cdw10 = 1 };
        machine.Driver.Execute(test);
        Wait.Until(() => SelfTestLog(machine)[0] == 0, "the first test");
        disk.Answer = DiskStatus.Pending;
        machine.Driver.Execute(test);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "another read");
        Task paused = machine.Controller.PauseAsync();
        PauseTests.LetTurn(machine.Reactors);
        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");

        disk.Answer = DiskStatus.Success;
        machine.Move();

        Wait.Until(() => SelfTestLog(machine)[0] == 0, "the second test");
        Assert.That(disk.Seen.Skip(64).Select(seen => seen.Offset), Is.EqualTo(disk.Seen.Take(64).Select(seen => seen.Offset)));
        byte[] log = SelfTestLog(machine);
        Assert.That((log[4], log[4 + 28], log[4 + 56] & 0xF), Is.EqualTo((0x10, 0x10, 0xF)), "two have passed");
    }

    [Test]
    public void A_result_of_a_self_test_is_the_same()
    {
        SelfTestResult result = new(
            SelfTestCode.ExtendedTest, SelfTestOutcome.KnownSegmentFailed, 12, 3, 2, 0x1_0000_0000,
            StatusCode.UnrecoveredReadError);
        StateWriter writer = new();
        result.Save(writer);
        StateReader reader = new(StateSection.SelfTest, writer.Written);
        Assert.That(SelfTestResult.Read(ref reader), Is.EqualTo(result));
        reader.End();
    }

    [Test]
    public void The_registration_of_a_host_without_an_identifier_is_its_controller_s()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        var host = new ReservationDriver(machine.Driver, 1);
        host.Register(0x77);
        host.Acquire(ReservationType.ExclusiveAccess, 0x77);
        machine.Move();
        Assert.That(host.Access(IoOpcode.Write), Is.EqualTo(StatusCode.Success));
        Assert.That(host.Release(ReservationType.ExclusiveAccess, 0x77), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_namespace_that_the_guest_has_attached_is_attached()
    {
        using var pool = new RamDiskPool(8 << 20);
        pool.Create(1, 1 << 20, 512, isShared: false);
        pool.Create(2, 1 << 20, 512, isShared: false);
        using var machine = new MovingMachine(pool: pool);
        machine.Driver.Enable();
        ulong list = machine.Driver.AllocatePages(1);
        machine.Memory.TryWrite(list, [1, 0, 1, 0]); // one controller, the first
        Assert.That(
            machine.Driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.NamespaceAttachment,
                NamespaceId = 2,
                Prp1 = list,
            }).Status,
            Is.EqualTo(StatusCode.Success));

        machine.Move();

        byte[] active = machine.Driver.Identify(IdentifyCns.ActiveNamespaceList);
        Assert.That((BitConverter.ToUInt32(active), BitConverter.ToUInt32(active, 4)), Is.EqualTo((2, 0)));
    }

    private static byte[] SelfTestLog(MovingMachine machine) =>
        Events.ReadLogPage(machine.Driver, LogPageId.DeviceSelfTest, 564);

    private static void Format(MovingMachine machine, uint nsid, uint format) => Assert.That(
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.FormatNvm,
            NamespaceId = nsid,
            Cdw10 = format,
        }).Status,
        Is.EqualTo(StatusCode.Success));

    private static uint NamespaceOf(FeatureId id) =>
        id is FeatureId.ErrorRecovery or FeatureId.ReservationNotificationMask ? 1u : 0;

    private static CompletionEntry SetFeature(MovingMachine machine, FeatureId id, uint value) =>
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            NamespaceId = NamespaceOf(id),
            Cdw10 = (uint)id,
            Cdw11 = value,
        });

    private static uint GetFeature(MovingMachine machine, FeatureId id, uint selector) =>
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.GetFeatures,
            NamespaceId = NamespaceOf(id),
            Cdw10 = (uint)id,
            Cdw11 = selector,
        }).Result;

    private static uint Expected(FeatureId id, uint value) =>
        id == FeatureId.TemperatureThreshold ? value & 0xFFFF : value;

    private static void SetData(MovingMachine machine, ulong page, FeatureId id, ulong value, uint cdw11)
    {
        var data = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        machine.Memory.TryWrite(page, data);
        Assert.That(
            machine.Driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.SetFeatures,
                Prp1 = page,
                Cdw10 = (uint)id,
                Cdw11 = cdw11,
            }).Status,
            Is.EqualTo(StatusCode.Success));
    }

    private static void GetData(MovingMachine machine, ulong page, FeatureId id, uint cdw11) =>
        Assert.That(
            machine.Driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.GetFeatures,
                Prp1 = page,
                Cdw10 = (uint)id,
                Cdw11 = cdw11,
            }).Status,
            Is.EqualTo(StatusCode.Success));
}
