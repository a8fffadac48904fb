using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Pci;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Pause and resume, from the embedder's side and the guest's.</summary>
public sealed class PauseTests
{
    private const ulong PieceBytes = 64 << 20; // of an erasing

    [Test]
    public void Doorbells_that_are_rung_during_a_pause_are_found_by_the_resume()
    {
        using var machine = new TestMachine(reactors: 2);
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        DriverQueuePair[] pairs = [machine.Driver.CreateQueuePair(1), machine.Driver.CreateQueuePair(2)];
        ulong page = machine.Driver.AllocatePages(1);
        pairs[0].Execute(Read(page)); // the other queue is not served before the pause

        machine.Controller.Pause();
        ushort[] commands = [.. pairs.Select(pair => pair.Submit(Read(page)))];
        ushort identify = machine.Driver.Admin.Submit(Identify(page));
        LetTurn(machine.Reactors);

        Assert.That(machine.Controller.IsPaused, Is.True);
        Assert.That(pairs.Zip(commands, (pair, command) => pair.HasCompleted(command)), Is.All.False);
        Assert.That(machine.Driver.Admin.HasCompleted(identify), Is.False);
        machine.Controller.Resume();
        foreach ((DriverQueuePair pair, ushort command) in pairs.Zip(commands))
            Assert.That(pair.WaitFor(command).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(machine.Driver.Admin.WaitFor(identify).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(machine.Controller.IsPaused, Is.False);
    }

    [Test]
    public void A_pause_waits_for_the_disk_and_posts_what_it_answers()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        ushort first = pair.Submit(Read(page));
        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");

        Task paused = machine.Controller.PauseAsync();
        LetTurn(machine.Reactors);
        ushort second = pair.Submit(Read(page));
        LetTurn(machine.Reactors);
        Assert.That((paused.IsCompleted, machine.Controller.IsPaused), Is.EqualTo((false, false)));
        Assert.That(disk.Waiting, Has.Count.EqualTo(1), "nothing is begun");

        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(pair.HasCompleted(first), Is.True);
        disk.Answer = DiskStatus.Success;
        machine.Controller.Resume();
        pair.WaitFor(second);
    }

    [Test]
    public void A_disk_that_never_answers_costs_the_timeout_and_a_resume_takes_the_pause_back()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        ushort command = pair.Submit(Read(page));
        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");
        Task pausing = machine.Controller.PauseAsync();

        Assert.Throws<TimeoutException>(() => machine.Controller.Pause(TimeSpan.FromMilliseconds(1)));

        machine.Controller.Resume();
        Wait.Until(() => pausing.IsCanceled, "the end of the pause");
        disk.CompleteAll();
        Assert.That(pair.WaitFor(command).Status, Is.EqualTo(StatusCode.Success));
        disk.Answer = DiskStatus.Success;
        Assert.That(pair.Execute(Read(page)).Status, Is.EqualTo(StatusCode.Success));
        machine.Controller.Pause();
        machine.Controller.Pause(); // once more is no harm
        machine.Controller.Resume();
        machine.Controller.Resume();
        Assert.That(pair.Execute(Read(page)).Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_reset_is_carried_out_in_a_pause_and_an_enable_waits_for_its_end()
    {
        using var machine = new TestMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        machine.Driver.CreateQueuePair(1);
        machine.Controller.Pause();

        machine.Driver.Disable();
        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);
        LetTurn(machine.Reactors);

        Assert.That((machine.Driver.Status.Ready, machine.Controller.IsPaused), Is.EqualTo((false, true)));
        machine.Controller.Resume();
        Wait.Until(() => machine.Driver.Status.Ready, "CSTS.RDY");
        machine.Controller.Pause();
        machine.Function.Reset();
        Assert.That(machine.Driver.Status.Value, Is.Zero);
    }

    [Test]
    public void A_reset_while_a_pause_waits_for_a_disk_ends_as_every_reset_and_so_does_the_pause()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        pair.Submit(Read(machine.Driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");
        Task paused = machine.Controller.PauseAsync();
        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, 0);
        LetTurn(machine.Reactors);
        Assert.That(paused.IsCompleted, Is.False);

        disk.CompleteAll();

        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(machine.Driver.Status.Value, Is.Zero);
    }

    [Test]
    public void Events_wait_for_the_resume_and_requests_for_them_do_not_hold_up_a_pause()
    {
        using var machine = new TestMachine();
        machine.Driver.Enable();
        ushort request = machine.Driver.Admin.Submit(Events.Request);
        machine.Driver.Execute(Identify(machine.Driver.AllocatePages(1))); // by then the request is parked

        machine.Controller.Pause();
        machine.Driver.Write32(DoorbellRegister.SubmissionTail(7, 0), 1); // no such queue
        LetTurn(machine.Reactors);

        Assert.That(machine.Driver.Admin.HasCompleted(request), Is.False);
        machine.Controller.Resume();
        Assert.That(
            AsynchronousEvent.FromDword0(machine.Driver.Admin.WaitFor(request).Result),
            Is.EqualTo(AsynchronousEvent.InvalidDoorbellRegister));
    }

    [Test]
    public void Interrupts_that_wait_for_others_are_raised_before_the_pause_is_reached()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk();
        machine.AddDisk(disk, 1);
        var pci = new PciDriver(machine.Function);
        pci.EnableDevice();
        pci.SetMsix(true);
        pci.SetVector(0, 0xFEE0_0000, 0);
        pci.SetVector(1, 0xFEE0_0000, 1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, vector: 1);
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            Cdw10 = (uint)FeatureId.InterruptCoalescing,
            Cdw11 = 0xFFFF, // 256 entries, 25.5 ms
        });
        pair.Submit(Read(machine.Driver.AllocatePages(1)));

        Wait.Until(() => disk.Waiting.Count == 1, "the read at the disk");

        Task paused = machine.Controller.PauseAsync();
        LetTurn(machine.Reactors);
        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");

        Assert.That(machine.Interrupts.Count(1), Is.EqualTo(1));
    }

    [Test]
    public void A_format_is_held_after_a_piece_and_goes_on_from_there()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk { LengthBytes = 3 * PieceBytes };
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        ushort format = machine.Driver.Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = 1 });
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Task paused = machine.Controller.PauseAsync();
        LetTurn(machine.Reactors);
        Assert.That(paused.IsCompleted, Is.False, "the disk has a piece");

        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(disk.Seen, Has.Count.EqualTo(1));
        Assert.That(machine.Driver.Admin.HasCompleted(format), Is.False);

        disk.Answer = DiskStatus.Success;
        machine.Controller.Resume();
        Assert.That(machine.Driver.Admin.WaitFor(format).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            disk.Seen.Where(seen => seen.Operation == DiskOperation.WriteZeroes).Select(seen => seen.Offset),
            Is.EqualTo(new[] { 0ul, PieceBytes, 2 * PieceBytes }));
    }

    [Test]
    public void A_namespace_can_be_removed_while_its_format_is_held()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk { LengthBytes = 3 * PieceBytes };
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        ushort format = machine.Driver.Admin.Submit(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = 1 });
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        Task paused = machine.Controller.PauseAsync();
        LetTurn(machine.Reactors);
        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");

        Assert.That(machine.Controller.RemoveNamespace(1), Is.True);

        machine.Controller.Resume();
        Assert.That(machine.Driver.Admin.WaitFor(format).Status.IsSuccess(), Is.False);
    }

    [Test]
    public void A_self_test_stops_between_two_reads_and_goes_on_with_the_next()
    {
        using var machine = new TestMachine();
        var disk = new ManualDisk { LengthBytes = 1 << 30 };
        machine.AddDisk(disk, 1);
        machine.Driver.Enable();
        machine.Driver.Execute(
            new SubmissionEntry { Opcode = (byte)AdminOpcode.DeviceSelfTest, NamespaceId = 1, Cdw10 = 1 });
        Wait.Until(() => disk.Waiting.Count == 1, "the first read");
        Task paused = machine.Controller.PauseAsync();
        LetTurn(machine.Reactors);
        Assert.That(paused.IsCompleted, Is.False, "the disk has a read");

        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(disk.Seen, Has.Count.EqualTo(1));

        disk.Answer = DiskStatus.Success;
        machine.Controller.Resume();
        Wait.Until(() => disk.Seen.Count == 64, "the other reads");
        Assert.That(disk.Seen.Select(seen => seen.Offset), Is.Unique);
    }

    [Test]
    public void A_sanitize_of_a_shared_subsystem_is_held_when_all_its_controllers_are_paused()
    {
        using var shared = new SharedMachine();
        var disk = new ManualDisk { LengthBytes = 3 * PieceBytes };
        shared.Share(disk);
        shared.Driver(0).Execute(new SubmissionEntry { Opcode = (byte)AdminOpcode.Sanitize, Cdw10 = 2 });
        Wait.Until(() => disk.Waiting.Count == 1, "the first piece");
        shared.Controller(0).Pause();
        disk.CompleteAll();
        Wait.Until(() => disk.Seen.Count == 2, "the second piece, for the controller that runs");

        Task paused = shared.Controller(1).PauseAsync();
        LetTurn(shared.Guests[1].Reactors);
        Assert.That(paused.IsCompleted, Is.False, "the disk has a piece");
        disk.CompleteAll();
        Wait.Until(() => paused.IsCompletedSuccessfully, "the pause");
        Assert.That(disk.Seen, Has.Count.EqualTo(2));

        disk.Answer = DiskStatus.Success;
        shared.Controller(0).Resume();
        Wait.Until(() => disk.Seen.Count == 4, "the third piece and the flush");
    }

    [Test]
    public void Disposing_of_a_controller_ends_its_pause_and_the_wait_for_one()
    {
        Task paused;
        var disk = new ManualDisk();
        using (var machine = new TestMachine())
        {
            machine.AddDisk(disk, 1);
            machine.Driver.Enable();
            machine.Driver.CreateQueuePair(1);
            machine.Controller.Pause();
        }
        using (var machine = new TestMachine())
        {
            machine.AddDisk(disk, 1);
            machine.Driver.Enable();
            machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration | 1 << 14);
            Wait.Until(() => disk.Waiting.Count == 1, "the flush of a shutdown");
            paused = machine.Controller.PauseAsync();
        }
        Assert.That(paused.IsCompleted, Is.True);
    }

    [Test]
    public void An_embedder_is_told_what_it_may_not_do()
    {
        var machine = new TestMachine();
        var thrown = new TaskCompletionSource<Exception?>();
        machine.Reactors[0].Post(() => thrown.SetResult(
            Assert.Catch(() => machine.Controller.Pause())));
        Assert.That(thrown.Task.GetAwaiter().GetResult(), Is.InstanceOf<InvalidOperationException>());
        machine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => machine.Controller.Pause());
        Assert.DoesNotThrow(machine.Controller.Resume);
    }

    [Test]
    public void A_lent_reactor_that_nobody_runs_is_run_by_who_pauses()
    {
        using var memory = new GuestMemory();
        memory.AllocateRegion(0, 1 << 20);
        using var reactor = new Reactor(new ReactorOptions { OwnThread = false });
        using var function = new PciFunction(
            new NvmeControllerOptions { Memory = memory, Reactors = [reactor] });
        function.Controller.Pause();
        Assert.That(function.Controller.IsPaused, Is.True);
    }

    /// <summary>What has been posted and woken has had its turns when this returns.</summary>
    internal static void LetTurn(IReadOnlyList<Reactor> reactors)
    {
        for (int round = 0; round < 3; round++)
        {
            foreach (Reactor reactor in reactors)
            {
                using var turned = new ManualResetEventSlim();
                reactor.Post(turned.Set);
                turned.Wait();
            }
        }
    }

    private static SubmissionEntry Read(ulong page) =>
        ControllerDriver.BlockEntry(IoOpcode.Read, 1, 0, 1, page);

    private static SubmissionEntry Identify(ulong page) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Prp1 = page,
        Cdw10 = (uint)IdentifyCns.Controller,
    };
}
