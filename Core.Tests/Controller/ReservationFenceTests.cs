using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Preempt and Abort as a fence: when it has ended, nothing of the preempted host is under way.</summary>
public sealed class ReservationFenceTests
{
    [Test]
    public void Preempt_and_abort_ends_when_the_commands_of_the_preempted_host_have()
    {
        using var machine = new SharedMachine();
        var disk = new ManualDisk();
        uint nsid = machine.Share(disk);
        var a = new ReservationDriver(machine.Driver(0), nsid, 0xA);
        var b = new ReservationDriver(machine.Driver(1), nsid, 0xB);
        a.Register(1);
        b.Register(2);
        a.Acquire(ReservationType.WriteExclusive, 1);
        ushort write = a.Pair.Submit(ControllerDriver.BlockEntry(IoOpcode.Write, nsid, 0, 1, a.Driver.AllocatePages(1)));
        Wait.Until(() => disk.Waiting.Count == 1, "the write to be under way");

        ushort preempt = b.Submit(
            IoOpcode.ReservationAcquire, (uint)ReservationType.WriteExclusive << 8 | 2, first: 2, second: 1);
        Assert.That(b.Report(out _), Is.EqualTo(StatusCode.Success)); // begun after it, on the same queue
        Assert.That(a.Access(IoOpcode.Write), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(a.Driver.Identify(IdentifyCns.Controller), Is.Not.Empty); // its admin task has taken the question
        Assert.That(b.Pair.HasCompleted(preempt), Is.False);
        disk.CompleteAll();
        Assert.That(a.Pair.WaitFor(write).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(b.Pair.WaitFor(preempt).Status, Is.EqualTo(StatusCode.Success));
    }

    [TestCase(IoOpcode.Write, true)]
    [TestCase(IoOpcode.Verify, true)]
    [TestCase(IoOpcode.Verify, false, Description = "it has steps left")]
    public void Commands_of_the_preempted_host_are_aborted_where_they_can_be(IoOpcode opcode, bool cancels)
    {
        using var machine = new SharedMachine(guests: 3);
        var disk = new ManualDisk { Cancelling = cancels ? ManualDisk.GiveUp : null };
        uint nsid = machine.Share(disk);
        var a = new ReservationDriver(machine.Driver(0), nsid, 0xA);
        var b = new ReservationDriver(machine.Driver(1), nsid, 0xB);
        var c = new ReservationDriver(machine.Driver(2), nsid, 0xC);
        a.Register(1);
        b.Register(2);
        c.Register(3);
        a.Acquire(ReservationType.WriteExclusiveRegistrantsOnly, 1);
        ushort mine = Submit(b);
        ushort preempted = Submit(a);
        ushort others = Submit(c);

        ushort preempt = b.Submit(
            IoOpcode.ReservationAcquire, (uint)ReservationType.WriteExclusiveRegistrantsOnly << 8 | 2, first: 2, second: 1);
        if (!cancels)
        {
            Assert.That(b.Report(out _), Is.EqualTo(StatusCode.Success)); // begun after it, on the same queue
            Assert.That(a.Driver.Identify(IdentifyCns.Controller), Is.Not.Empty); // its admin task has been asked,
            Assert.That(a.Access(IoOpcode.Write), Is.EqualTo(StatusCode.ReservationConflict)); // and its queue's
            Assert.That(b.Pair.HasCompleted(preempt), Is.False);
            disk.Answer = DiskStatus.Success;
            disk.CompleteAll();
        }

        Assert.That(
            a.Pair.WaitFor(preempted).Status.WithoutFlags(), Is.EqualTo(StatusCode.AbortedPreemptAndAbort));
        Assert.That(b.Pair.WaitFor(preempt).Status, Is.EqualTo(StatusCode.Success));
        if (cancels)
            disk.Waiting.Where(each => each.Request.IsInFlight).ToList().ForEach(Complete);
        Assert.That(b.Pair.WaitFor(mine).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(c.Pair.WaitFor(others).Status, Is.EqualTo(StatusCode.Success));

        ushort Submit(ReservationDriver host)
        {
            int before = disk.Waiting.Count;
            ushort id = host.Pair.Submit(
                ControllerDriver.BlockEntry(opcode, nsid, 0, 1, opcode == IoOpcode.Verify ? 0 : host.Driver.AllocatePages(1)));
            Wait.Until(() => disk.Waiting.Count == before + 1, "the command to be under way");
            return id;
        }

        static void Complete((DiskRequest Request, ulong Token) waiting) =>
            Assert.That(waiting.Request.Complete(waiting.Token, DiskStatus.Success), Is.True);
    }

    [Test]
    public void A_controller_that_ends_lets_the_fence_pass()
    {
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        var a = new ReservationDriver(machine.Driver(0), nsid, 0xA);
        var b = new ReservationDriver(machine.Driver(1), nsid, 0xB);
        a.Register(1);
        b.Register(2);
        machine.Guests[0].Dispose();
        Assert.That(
            b.Run(IoOpcode.ReservationAcquire, (uint)ReservationType.WriteExclusive << 8 | 2, 2, 1),
            Is.EqualTo(StatusCode.Success));
    }
}
