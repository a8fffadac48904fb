using NvmeDoorbell.Controller;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>A controller that is saved and goes on as another one: what its guest sees of that, which is nothing.</summary>
public sealed class MoveTests
{
    [Test]
    public void Queues_go_on_where_they_were_through_passes_and_moves()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable(entries: 4, completionEntries: 3);
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, entries: 5);
        machine.Driver.CreateQueuePair(2); // never used
        ulong page = machine.Driver.AllocatePages(1);
        for (int round = 0; round < 23; round++)
        {
            machine.Move();
            Assert.That(pair.Execute(Write(page, (ulong)round)).Status, Is.EqualTo(StatusCode.Success));
            if (round % 3 == 0)
                machine.Driver.Execute(Identify(page));
        }
        Assert.That(machine.Driver.Status.Ready, Is.True);
        Assert.That(machine.Driver.Delete(AdminOpcode.DeleteIoCompletionQueue, 1).WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidQueueDeletion));
        for (int id = 1; id <= 2; id++)
        {
            Assert.That(machine.Driver.Delete(AdminOpcode.DeleteIoSubmissionQueue, id), Is.EqualTo(StatusCode.Success));
            Assert.That(machine.Driver.Delete(AdminOpcode.DeleteIoCompletionQueue, id), Is.EqualTo(StatusCode.Success));
        }
    }

    [Test]
    public void Edge10_A_doorbell_that_is_rung_in_the_pause_is_found_by_the_first_look_after_the_restore()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        DriverQueuePair[] pairs = [machine.Driver.CreateQueuePair(1), machine.Driver.CreateQueuePair(2)];
        ulong page = machine.Driver.AllocatePages(1);
        pairs[0].Execute(Write(page, 0));

        machine.Controller.Pause();
        ushort[] commands = [.. pairs.Select(pair => pair.Submit(Write(page, 1)))];
        ushort identify = machine.Driver.Admin.Submit(Identify(page));
        machine.Restore(machine.Save());
        ushort[] more = [.. pairs.Select(pair => pair.Submit(Write(page, 2)))]; // rung where it is restored
        machine.Controller.Resume();

        for (int index = 0; index < pairs.Length; index++)
        {
            Assert.That(pairs[index].WaitFor(commands[index]).Status, Is.EqualTo(StatusCode.Success));
            Assert.That(pairs[index].WaitFor(more[index]).Status, Is.EqualTo(StatusCode.Success));
        }
        machine.Driver.Admin.WaitFor(identify);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Edge19_Shadow_doorbells_stay_where_the_guest_has_them_and_the_register_does_for_the_admin_queue(
        bool isPosted)
    {
        using var machine = new MovingMachine(options => options with { PostedDoorbells = isPosted });
        machine.AddRamDisk(1);
        machine.Pci.EnableDevice();
        machine.Pci.SetMsix(true); // with the pin, a monitor that posts does not offer them
        machine.Driver.Enable();
        var shadow = new ShadowPages(machine.Driver);
        Assert.That(shadow.Configure(), Is.EqualTo(StatusCode.Success));
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, entries: 6);
        ulong page = machine.Driver.AllocatePages(1);
        for (int round = 0; round < 40; round++)
        {
            machine.Controller.Pause();
            ushort early = pair.Put(Write(page, 0));
            shadow.Ring(pair.TailDoorbell, pair.Tail); // no register write need follow: EventIdx does not ask for one
            machine.Restore(machine.Save());
            ushort late = pair.Put(Write(page, 1));
            shadow.Ring(pair.TailDoorbell, pair.Tail); // into the page, which the new controller has not taken yet
            ushort identify = machine.Driver.Admin.Submit(Identify(page)); // by the register, which the page knows nothing of
            machine.Controller.Resume();
            machine.Driver.Admin.WaitFor(identify);
            Reap(pair, shadow, early);
            Reap(pair, shadow, late);
            ushort next = pair.Put(Write(page, 2));
            shadow.Ring(pair.TailDoorbell, pair.Tail);
            Reap(pair, shadow, next);
            machine.Driver.Execute(Identify(page));
            Assert.That(machine.Controller.Doorbells.IsShadow, Is.True);
        }
    }

    [Test]
    public void Edge17_A_reset_between_restore_and_resume_leaves_the_pages_of_the_guest_alone()
    {
        using var machine = new MovingMachine();
        machine.Driver.Enable();
        var shadow = new ShadowPages(machine.Driver);
        shadow.Configure();
        machine.Restore(machine.Save());
        machine.Driver.Disable();
        shadow.Fill(0xA5); // reused

        machine.Controller.Resume();
        machine.Driver.Enable();

        Assert.That(machine.Controller.Doorbells.IsShadow, Is.False);
        Assert.That(shadow.All(), Is.All.EqualTo(0xA5));
    }

    [Test]
    public void Edge18_Shadow_pages_that_are_not_there_at_the_resume_are_taken_when_they_come()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        ulong pages = TestMachine.RamBytes;
        byte[] memory = GC.AllocateArray<byte>(4 * GuestMemory.PageBytes, pinned: true);
        nint host = AlignedAddress(memory);
        machine.Memory.AddRegion(pages, host, 2 * GuestMemory.PageBytes);
        machine.Driver.Execute(new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
            Prp1 = pages,
            Prp2 = pages + GuestMemory.PageBytes,
        });
        Assert.That(machine.Controller.Doorbells.IsShadow, Is.True);
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        byte[] state = machine.Save();
        machine.Memory.RemoveRegion(pages, 2 * GuestMemory.PageBytes, TimeSpan.FromSeconds(10));

        machine.Restore(state);
        machine.Controller.Resume();
        Assert.That(machine.Controller.Doorbells.IsShadow, Is.False);
        pair.Execute(Write(page, 0));
        machine.Move(); // once more, with the pages away
        machine.Memory.AddRegion(pages, host, 2 * GuestMemory.PageBytes);

        // By the region that comes, or by the resume, which is the reactor's to carry out.
        Wait.Until(() => machine.Controller.Doorbells.IsShadow, "the pages being taken");
        Assert.That(pair.Execute(Write(page, 0)).Status, Is.EqualTo(StatusCode.Success));
        GC.KeepAlive(memory);
    }

    [Test]
    public void Mapped_doorbells_go_on_in_the_page_of_the_new_controller()
    {
        using var machine = new MovingMachine(options => options with { MappedDoorbells = true });
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ulong page = machine.Driver.AllocatePages(1);
        for (int round = 0; round < 5; round++)
        {
            Assert.That(pair.Execute(Write(page, 0)).Status, Is.EqualTo(StatusCode.Success));
            machine.Move();
        }
    }

    [Test]
    public void Edge36_A_masked_vector_stays_pending_and_queues_that_are_not_empty_interrupt_again()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Pci.EnableDevice();
        machine.Pci.SetMsix(true);
        for (int vector = 0; vector < 3; vector++)
            machine.Pci.SetVector(vector, 0xFEE0_0000, (uint)vector);
        machine.Driver.Enable();
        DriverQueuePair masked = machine.Driver.CreateQueuePair(1, vector: 1);
        DriverQueuePair open = machine.Driver.CreateQueuePair(2, vector: 2);
        machine.Pci.MaskVector(1, true);
        ulong page = machine.Driver.AllocatePages(1);
        masked.Submit(Write(page, 0));
        open.Submit(Write(page, 0));
        Wait.Until(() => machine.Interrupts.Count(2) == 1 && machine.Pci.IsPending(1), "an interrupt and a pending bit");

        machine.Move();

        Assert.That(machine.Pci.IsPending(1), Is.True);
        Wait.Until(() => machine.Interrupts.Count(2) == 1, "the interrupt of a queue that is not empty");
        Assert.That(machine.Interrupts.Count(1), Is.Zero);
        machine.Pci.MaskVector(1, false);
        Assert.That(machine.Interrupts.Count(1), Is.EqualTo(1));
        Assert.That(machine.Interrupts.LastMessage.Data, Is.EqualTo(1));
    }

    [Test]
    public void Edge36_A_vector_that_is_pending_for_entries_that_were_seen_all_the_same_stays_pending()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Pci.EnableDevice();
        machine.Pci.SetMsix(true);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1, vector: 1);
        ushort command = pair.Submit(Write(machine.Driver.AllocatePages(1), 0));
        Wait.Until(() => machine.Pci.IsPending(1), "the pending bit");
        pair.WaitFor(command);

        machine.Move();
        PauseTests.LetTurn(machine.Reactors);

        Assert.That(machine.Pci.IsPending(1), Is.True);
    }

    [Test]
    public void The_pin_is_asserted_for_what_the_guest_has_not_seen()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        DriverQueuePair pair = machine.Driver.CreateQueuePair(1);
        ushort command = pair.Submit(Write(machine.Driver.AllocatePages(1), 0));
        Wait.Until(() => machine.Interrupts.IsLineAsserted, "the pin");
        machine.Driver.Write32(RegisterOffset.InterruptMaskSet, 0x80);

        machine.Move();

        Wait.Until(() => machine.Interrupts.IsLineAsserted, "the pin");
        Assert.That(machine.Driver.Read32(RegisterOffset.InterruptMaskSet), Is.EqualTo(0x80));
        pair.WaitFor(command);
        Wait.Until(() => !machine.Interrupts.IsLineAsserted, "the pin to fall");
    }

    [Test]
    public void Edge23_A_full_completion_queue_and_the_commands_behind_it_move()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Driver.Enable();
        ulong completions = machine.Driver.AllocatePages(1);
        ulong submissions = machine.Driver.AllocatePages(1);
        machine.Driver.CreateCompletionQueue(1, 3, completions);
        machine.Driver.CreateSubmissionQueue(1, 16, submissions, 1);
        var guest = new QueueDriver(machine.Memory, (id, value) => machine.Driver.Write32(0x1000 + 4ul * (ulong)id, value))
        {
            SqAddress = submissions,
            SqEntries = 16,
            CqAddress = completions,
            CqEntries = 3,
        };
        for (ushort id = 0; id < 10; id++)
            guest.Put(IoEntries.Flush(id));
        guest.Ring();
        Wait.Until(() => machine.Controller.GetStatistics().Commands == 2, "two completions, for which there is room");
        List<ushort> seen = [];
        while (seen.Count < 10)
        {
            machine.Move();
            seen.Add(guest.Await().CommandId);
        }
        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 10).Select(id => (ushort)id)));
    }

    [Test]
    public void Edge35_Event_requests_and_events_move_and_so_does_what_is_masked()
    {
        using var machine = new MovingMachine();
        machine.Driver.Enable();
        ushort first = machine.Driver.Admin.Submit(Events.Request);
        ushort second = machine.Driver.Admin.Submit(Events.Request);
        machine.Driver.Execute(Identify(machine.Driver.AllocatePages(1)));
        machine.Controller.Pause();
        machine.Driver.Write32(DoorbellRegister.SubmissionTail(7, 0), 1); // no such queue

        machine.Move();

        Assert.That(
            AsynchronousEvent.FromDword0(machine.Driver.Admin.WaitFor(first).Result),
            Is.EqualTo(AsynchronousEvent.InvalidDoorbellRegister));
        machine.Move();
        machine.Driver.Write32(DoorbellRegister.SubmissionTail(6, 0), 1); // masked, until the log has been read
        machine.Driver.Execute(Identify(machine.Driver.AllocatePages(1)));
        Assert.That(machine.Driver.Admin.HasCompleted(second), Is.False);
        byte[] log = Events.ReadLogPage(machine.Driver, LogPageId.ErrorInformation, 128);
        Assert.That((BitConverter.ToUInt16(log, 8), BitConverter.ToUInt16(log, 64 + 8)), Is.EqualTo((6, 7)), "newest first");
        machine.Driver.Write32(DoorbellRegister.SubmissionTail(5, 0), 1);
        machine.Driver.Admin.WaitFor(second);
    }

    [Test]
    public void A_controller_moves_in_every_phase()
    {
        using var machine = new MovingMachine();
        machine.AddRamDisk(1);
        machine.Move();
        Assert.That(machine.Driver.Status.Value, Is.Zero);
        machine.Driver.Enable();
        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration | 1 << 14);
        Wait.Until(() => machine.Driver.Status.ShutdownStatus == ShutdownStatus.Complete, "the end of a shutdown");
        machine.Move();
        Assert.That(machine.Driver.Status.ShutdownStatus, Is.EqualTo(ShutdownStatus.Complete));
        machine.Driver.Disable();
        machine.Driver.Write32(RegisterOffset.AdminQueueAttributes, 0);
        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);
        Wait.Until(() => machine.Driver.Status.FatalStatus, "CSTS.CFS");
        machine.Move();
        Assert.That(machine.Driver.Status.FatalStatus, Is.True);
        machine.Driver.Disable();
        machine.Driver.Write32(RegisterOffset.SubsystemReset, 0x4E56_4D65);
        Wait.Until(() => machine.Driver.Status is { SubsystemResetOccurred: true }, "CSTS.NSSRO");
        machine.Driver.SetUpAdminQueue();
        machine.Controller.Pause();
        machine.Driver.Write32(RegisterOffset.ControllerConfiguration, ControllerDriver.DefaultConfiguration);
        machine.Move(); // the wish moves too
        Wait.Until(() => machine.Driver.Status.Ready, "CSTS.RDY");
        Assert.That(machine.Driver.Status.SubsystemResetOccurred, Is.True);
    }

    internal static SubmissionEntry Write(ulong page, ulong lba) =>
        ControllerDriver.BlockEntry(IoOpcode.Write, 1, lba, 1, page);

    internal static SubmissionEntry Identify(ulong page) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        Prp1 = page,
        Cdw10 = (uint)IdentifyCns.Controller,
    };

    internal static nint AlignedAddress(byte[] pinned)
    {
        nint address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
        return (address + GuestMemory.PageBytes - 1) & -GuestMemory.PageBytes;
    }

    private static void Reap(DriverQueuePair pair, ShadowPages shadow, ushort command)
    {
        CompletionEntry completion = default;
        Wait.Until(() => pair.TryTake(out completion), $"command {command}");
        Assert.That((completion.CommandId, completion.Status), Is.EqualTo((command, StatusCode.Success)));
        shadow.Ring(pair.HeadDoorbell, pair.Head);
    }
}
