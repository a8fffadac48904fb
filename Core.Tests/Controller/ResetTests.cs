using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Enable, disable and reset, under load and in haste.</summary>
internal sealed class ResetTests
{
    [Test]
    public void Edge40_Reactors_can_be_freed_as_soon_as_their_controller_has_been()
    {
        for (int round = 0; round < 100; round++)
        {
            var machine = new TestMachine(reactors: 2);
            machine.Driver.Enable();
            for (int id = 1; id <= 4; id++)
                machine.Driver.CreateQueuePair(id, entries: 8);
            Assert.That(machine.Dispose, Throws.Nothing, $"round {round}");
        }
    }

    [Test]
    public void Edge34_Enable_taken_away_and_given_back_at_once_is_a_reset_and_an_enable()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        for (int round = 0; round < 200; round++)
        {
            driver.Write32(RegisterOffset.ControllerConfiguration, 0);
            driver.Enable(entries: 4 + round % 4);
            Assert.That(driver.Execute(new SubmissionEntry
            {
                Opcode = (byte)AdminOpcode.GetFeatures,
                Cdw10 = (uint)FeatureId.NumberOfQueues,
            }).Result, Is.EqualTo(0x0007_0007));
        }
    }

    [Test]
    public void Edge34_Reset_under_load_from_two_processors_at_once()
    {
        using var machine = new TestMachine(reactors: 2);
        var disk = new HeldDisk();
        uint nsid = machine.AddDisk(disk);
        ControllerDriver driver = machine.Driver;
        ulong page = driver.AllocatePages(1);
        for (int round = 0; round < 50; round++)
        {
            driver.Enable();
            DriverQueuePair[] pairs = [driver.CreateQueuePair(1), driver.CreateQueuePair(2)];
            foreach (DriverQueuePair pair in pairs)
            {
                for (int count = 0; count < 20; count++)
                    pair.Put(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, (ulong)count, 8, page));
                pair.RingTail();
            }
            Wait.Until(() => disk.Held > 0, "a request at the disk");

            Parallel.Invoke(
                () => driver.Write32(RegisterOffset.ControllerConfiguration, 0),
                () => driver.Write32(RegisterOffset.ControllerConfiguration, 0),
                () => machine.Controller.StartReset(),
                disk.CompleteAll);
            Wait.Until(() => disk.CompleteAllAndTell() && driver.Status.Value == 0, "the end of the reset");

            CompletionEntry[] before = [.. pairs.Select(pair => pair.Peek(pair.Head))];
            disk.CompleteAll();
            Assert.That(pairs.Select(pair => pair.Peek(pair.Head)), Is.EqualTo(before));
        }
        Assert.That(disk.Held, Is.Zero);
    }

    [Test]
    public void Edge34_Ready_stays_up_while_a_disk_keeps_a_request_and_falls_when_it_lets_go()
    {
        using var machine = new TestMachine();
        var disk = new HeldDisk();
        uint nsid = machine.AddDisk(disk);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, driver.AllocatePages(1)));
        Wait.Until(() => disk.Held == 1, "the request at the disk");

        driver.Write32(RegisterOffset.ControllerConfiguration, 0);
        Assert.That(driver.Status.Ready, Is.True);
        disk.CompleteAll();
        Wait.Until(() => driver.Status.Value == 0, "the end of the reset");

        Assert.That(pair.TryTake(out _), Is.False, "no completion is posted after a reset");
        driver.Enable();
        Assert.That(driver.CreateQueuePair(1), Is.Not.Null);
    }

    [Test]
    public void Edge34_A_reset_takes_back_what_a_disk_gives_up()
    {
        using var machine = new TestMachine();
        var disk = new FaultyDisk(new RamDisk(1 << 20), new DiskFaultPlan { Never = 1 });
        uint nsid = machine.AddDisk(disk);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        for (int count = 0; count < 3; count++)
            pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, driver.AllocatePages(1)));
        Wait.Until(() => disk.GetStatistics().Held == 3, "the requests at the disk");

        driver.Disable();

        Assert.That(disk.GetStatistics().Held, Is.Zero);
        Assert.That(pair.TryTake(out _), Is.False, "no completion is posted after a reset");
    }

    [Test]
    public void Edge25_Deleting_a_queue_waits_for_its_commands()
    {
        using var machine = new TestMachine();
        var disk = new HeldDisk();
        uint nsid = machine.AddDisk(disk);
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        DriverQueuePair pair = driver.CreateQueuePair(1);
        ushort write = pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 8, driver.AllocatePages(1)));
        Wait.Until(() => disk.Held == 1, "the request at the disk");

        ushort delete = driver.Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.DeleteIoSubmissionQueue, Cdw10 = 1 });
        Assert.That(driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, 1), Is.EqualTo(
            StatusCode.InvalidQueueIdentifier | StatusCode.DoNotRetry));
        Assert.That(driver.Delete(AdminOpcode.DeleteIoCompletionQueue, 1), Is.EqualTo(
            StatusCode.InvalidQueueDeletion | StatusCode.DoNotRetry));
        Assert.That(driver.Admin.HasCompleted(delete), Is.False);
        disk.CompleteAll();

        Assert.That(driver.Admin.WaitFor(delete).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(pair.WaitFor(write).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void Reset_by_the_embedder_clears_the_registers()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();

        machine.Controller.Reset();

        Assert.That(machine.Driver.Status.Value, Is.Zero);
        Assert.That(machine.Driver.Read32(RegisterOffset.ControllerConfiguration), Is.Zero);
        Assert.That(machine.Driver.Read64(RegisterOffset.AdminSubmissionQueue), Is.Zero);
        machine.Driver.Enable();
    }

    [Test]
    public void Parked_event_requests_are_dropped_by_a_reset_without_an_answer()
    {
        using var machine = new TestMachine();
        ControllerDriver driver = machine.Driver;
        driver.Enable();
        driver.Admin.Submit(Events.Request);
        driver.Identify(IdentifyCns.Controller);

        DriverQueuePair admin = driver.Admin;
        driver.Disable();
        Assert.That(admin.TryTake(out _), Is.False);

        driver.Enable();
        for (int count = 0; count < 4; count++)
            driver.Admin.Submit(Events.Request);
        Assert.That(driver.Execute(Events.Request).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.AsynchronousEventRequestLimitExceeded));
    }

    /// <summary>Keeps every request until it is told to complete them.</summary>
    private sealed class HeldDisk : IDisk
    {
        private readonly Queue<DiskRequest> _held = new();

        public int BlockBytes => 512;

        public ulong LengthBytes => 1 << 20;

        public bool IsReadOnly => false;

        public int Held
        {
            get
            {
                lock (_held)
                    return _held.Count;
            }
        }

        public DiskStatus Submit(DiskRequest request)
        {
            lock (_held)
                _held.Enqueue(request);
            return DiskStatus.Pending;
        }

        public void CompleteAll()
        {
            lock (_held)
            {
                while (_held.TryDequeue(out DiskRequest? request))
                    request.Complete(DiskStatus.Success);
            }
        }

        public bool CompleteAllAndTell()
        {
            CompleteAll();
            return true;
        }

        public void Dispose() => CompleteAll();
    }
}
