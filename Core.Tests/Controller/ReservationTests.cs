using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Reservations between three hosts that share a namespace, through their queues.</summary>
public sealed class ReservationTests
{
    private SharedMachine _machine = null!;
    private ReservationDriver _a = null!;
    private ReservationDriver _b = null!;
    private ReservationDriver _c = null!;

    [SetUp]
    public void SetUp()
    {
        _machine = new SharedMachine(guests: 3);
        uint nsid = _machine.ShareRamDisk();
        _a = new ReservationDriver(_machine.Driver(0), nsid, 0xA);
        _b = new ReservationDriver(_machine.Driver(1), nsid, 0xB);
        _c = new ReservationDriver(_machine.Driver(2), nsid, 0xC);
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    // A holds, B is registered, C is a stranger.
    [TestCase(ReservationType.WriteExclusive, "rw", "r", "r")]
    [TestCase(ReservationType.ExclusiveAccess, "rw", "", "")]
    [TestCase(ReservationType.WriteExclusiveRegistrantsOnly, "rw", "rw", "r")]
    [TestCase(ReservationType.ExclusiveAccessRegistrantsOnly, "rw", "rw", "")]
    [TestCase(ReservationType.WriteExclusiveAllRegistrants, "rw", "rw", "r")]
    [TestCase(ReservationType.ExclusiveAccessAllRegistrants, "rw", "rw", "")]
    public void Each_type_lets_read_and_write_whom_it_should(
        ReservationType type, string holder, string registrant, string stranger)
    {
        Assert.That(_a.Register(1), Is.EqualTo(StatusCode.Success));
        Assert.That(_b.Register(2), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_c), Is.EqualTo("rw"), "registrations alone keep nobody out");
        Assert.That(_a.Acquire(type, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_a), Is.EqualTo(holder));
        Assert.That(Rights(_b), Is.EqualTo(registrant));
        Assert.That(Rights(_c), Is.EqualTo(stranger));
        Assert.That(_a.Release(type, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_c), Is.EqualTo("rw"));
    }

    [Test]
    public void Registration_follows_its_keys()
    {
        Assert.That(_a.Register(0), Is.EqualTo(StatusCode.InvalidField), "0 is no key");
        Assert.That(_a.Unregister(1), Is.EqualTo(StatusCode.ReservationConflict), "not registered");
        Assert.That(Replace(0, 1, ignoresKey: true), Is.EqualTo(StatusCode.ReservationConflict), "not registered");
        Assert.That(_a.Register(1), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Register(1), Is.EqualTo(StatusCode.Success), "the same again");
        Assert.That(_a.Register(2), Is.EqualTo(StatusCode.ReservationConflict), "another key");
        Assert.That(Replace(5, 2, ignoresKey: false), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(Replace(1, 2, ignoresKey: false), Is.EqualTo(StatusCode.Success));
        Assert.That(Replace(9, 3, ignoresKey: true), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Unregister(2), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(_a.Unregister(3), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Run(IoOpcode.ReservationRegister, 3, 0, 1), Is.EqualTo(StatusCode.InvalidField), "no action");
        Assert.That(
            _a.Run(IoOpcode.ReservationRegister, 3u << 30, 0, 1), Is.EqualTo(StatusCode.InvalidField), "CPTPL: persist");
        Assert.That(_a.Run(IoOpcode.ReservationRegister, 2u << 30, 0, 1), Is.EqualTo(StatusCode.Success), "CPTPL: do not");

        StatusCode Replace(ulong current, ulong next, bool ignoresKey) =>
            _a.Run(IoOpcode.ReservationRegister, ignoresKey ? 2u | 8 : 2, current, next);
    }

    [Test]
    public void Acquiring_needs_a_registration_and_a_free_namespace()
    {
        const ReservationType type = ReservationType.WriteExclusive;
        Assert.That(_a.Acquire(type, 1), Is.EqualTo(StatusCode.ReservationConflict), "not registered");
        _a.Register(1);
        _b.Register(2);
        Assert.That(_a.Acquire(type, 2), Is.EqualTo(StatusCode.ReservationConflict), "another's key");
        Assert.That(_a.Acquire(0, 1), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(_a.Acquire((ReservationType)7, 1), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(_a.Run(IoOpcode.ReservationAcquire, 0x103, 1, 0), Is.EqualTo(StatusCode.InvalidField), "no action");
        Assert.That(_a.Run(IoOpcode.ReservationAcquire, 0x108, 1, 0), Is.EqualTo(StatusCode.InvalidField), "IEKEY");
        Assert.That(_a.Acquire(type, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Acquire(type, 1), Is.EqualTo(StatusCode.Success), "held already");
        Assert.That(
            _a.Acquire(ReservationType.ExclusiveAccess, 1), Is.EqualTo(StatusCode.ReservationConflict), "another type");
        Assert.That(_b.Acquire(type, 2), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(_b.Release(type, 2), Is.EqualTo(StatusCode.Success), "not the holder's: without effect");
        Assert.That(_a.Release(ReservationType.ExclusiveAccess, 1), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(_a.Run(IoOpcode.ReservationRelease, 0x108, 1, 0), Is.EqualTo(StatusCode.InvalidField), "IEKEY");
        Assert.That(_c.Release(type, 9), Is.EqualTo(StatusCode.ReservationConflict), "not registered");
        Assert.That(_a.Run(IoOpcode.ReservationRelease, 0x102, 1, 0), Is.EqualTo(StatusCode.InvalidField), "no action");
        Assert.That(Rights(_b), Is.EqualTo("r"), "it is held still");
        Assert.That(_a.Unregister(1), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_b), Is.EqualTo("rw"), "it went with its holder's registration");
    }

    [Test]
    public void A_reservation_of_all_registrants_ends_with_the_last_of_them()
    {
        const ReservationType type = ReservationType.ExclusiveAccessAllRegistrants;
        _a.Register(1);
        _b.Register(2);
        _a.Acquire(type, 1);
        Assert.That(_b.Acquire(type, 2), Is.EqualTo(StatusCode.Success), "it is a holder too");
        _a.Unregister(1);
        Assert.That(Rights(_a), Is.Empty);
        Assert.That(Rights(_b), Is.EqualTo("rw"));
        _b.Unregister(2);
        Assert.That(Rights(_a), Is.EqualTo("rw"));
    }

    [Test]
    public void Preempting_takes_reservation_and_registration_and_tells_who_has_lost_them()
    {
        _a.Register(1);
        _b.Register(2);
        _c.Register(3);
        _a.Acquire(ReservationType.ExclusiveAccess, 1);
        ushort waiting = _a.Driver.Admin.Submit(Events.Request);
        Assert.That(_b.Preempt(ReservationType.WriteExclusive, 2, 9), Is.EqualTo(StatusCode.ReservationConflict), "none");
        Assert.That(_b.Preempt(ReservationType.WriteExclusive, 2, 0), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(_b.Preempt(ReservationType.WriteExclusive, 2, 1), Is.EqualTo(StatusCode.Success));

        Assert.That(Rights(_b), Is.EqualTo("rw"));
        Assert.That(Rights(_a), Is.EqualTo("r"));
        Assert.That(_a.Acquire(ReservationType.WriteExclusive, 1), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(
            AsynchronousEvent.FromDword0(_a.Driver.Admin.WaitFor(waiting).Result),
            Is.EqualTo(AsynchronousEvent.ReservationLogPageAvailable));
        Assert.That(_a.ReadLog(), Is.EqualTo((ReservationNotification.RegistrationPreempted, 0, 1u)));
        Assert.That(_a.ReadLog(), Is.EqualTo((ReservationNotification.Empty, 0, 0u)));
        Assert.That(_c.ReadLog().What, Is.EqualTo(ReservationNotification.ReservationReleased), "the type has changed");
    }

    [Test]
    public void Preempting_all_registrants_leaves_the_one_who_does_it()
    {
        _a.Register(1);
        _b.Register(2);
        _a.Acquire(ReservationType.WriteExclusiveAllRegistrants, 1);
        Assert.That(_b.Preempt(ReservationType.ExclusiveAccess, 2, 0), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_a), Is.Empty);
        Assert.That(Rights(_b), Is.EqualTo("rw"));
        Assert.That(_b.Preempt(ReservationType.WriteExclusive, 2, 2), Is.EqualTo(StatusCode.Success), "its own");
        Assert.That(Rights(_a), Is.EqualTo("r"));
        Assert.That(_b.Release(ReservationType.WriteExclusive, 2), Is.EqualTo(StatusCode.Success), "it is registered still");
    }

    [Test]
    public void Clearing_ends_everything_and_tells_all_others()
    {
        _a.Register(1);
        _b.Register(2);
        _a.Acquire(ReservationType.ExclusiveAccess, 1);
        Assert.That(_b.Clear(9), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(_b.Clear(2), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_c), Is.EqualTo("rw"));
        Assert.That(_a.Unregister(1), Is.EqualTo(StatusCode.ReservationConflict), "it is not registered any more");
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.ReservationPreempted));
        Assert.That(_b.ReadLog().What, Is.EqualTo(ReservationNotification.Empty));
    }

    [Test]
    public void Masked_notifications_stay_away()
    {
        SubmissionEntry mask = new()
        {
            Opcode = (byte)AdminOpcode.SetFeatures,
            NamespaceId = 1,
            Cdw10 = (uint)FeatureId.ReservationNotificationMask,
            Cdw11 = 1u << (int)ReservationNotification.ReservationPreempted,
        };
        Assert.That(_a.Driver.Execute(mask).Status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            _a.Driver.Execute(mask with { Opcode = (byte)AdminOpcode.GetFeatures }).Result, Is.EqualTo(mask.Cdw11));
        _a.Register(1);
        _b.Register(2);
        _b.Clear(2);
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.Empty));
    }

    [Test]
    public void The_report_says_who_is_registered_and_who_holds()
    {
        _a.Register(0x11);
        _b.Register(0x22);
        _b.Acquire(ReservationType.WriteExclusive, 0x22);
        Assert.That(_c.Report(out byte[] report), Is.EqualTo(StatusCode.Success));
        Assert.That(BitConverter.ToUInt32(report), Is.EqualTo(2), "GEN");
        Assert.That(report[4], Is.EqualTo(1), "RTYPE");
        Assert.That(BitConverter.ToUInt16(report, 5), Is.EqualTo(2), "registrants");
        Assert.That(
            new[] { 24, 48 }.Select(at => (
                BitConverter.ToUInt16(report, at), report[at + 2],
                BitConverter.ToUInt64(report, at + 8), BitConverter.ToUInt64(report, at + 16))),
            Is.EquivalentTo(new (ushort, byte, ulong, ulong)[] { (1, 0, 0xA, 0x11), (2, 1, 0xB, 0x22) }));
        Assert.That(
            _c.Report(out _, isExtended: true), Is.EqualTo(StatusCode.HostIdentifierInconsistentFormat));
    }

    [Test]
    public void Hosts_with_long_identifiers_get_the_extended_report()
    {
        Assert.That(
            _a.SetHostId(1, 2, isExtended: true), Is.EqualTo(StatusCode.HostIdentifierInconsistentFormat),
            "while others have short ones");
        using var machine = new SharedMachine();
        uint nsid = machine.ShareRamDisk();
        var one = new ReservationDriver(machine.Driver(0), nsid);
        var other = new ReservationDriver(machine.Driver(1), nsid);
        one.SetHostId(0x1234, 0x5678, isExtended: true);
        other.SetHostId(0x1234, 0x9999, isExtended: true);
        Assert.That(one.Register(7), Is.EqualTo(StatusCode.Success));
        Assert.That(one.Acquire(ReservationType.ExclusiveAccess, 7), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(other), Is.Empty);
        Assert.That(one.Report(out _), Is.EqualTo(StatusCode.HostIdentifierInconsistentFormat));
        Assert.That(one.Report(out byte[] report, isExtended: true), Is.EqualTo(StatusCode.Success));
        Assert.That(BitConverter.ToUInt16(report, 5), Is.EqualTo(1));
        Assert.That(BitConverter.ToUInt16(report, 64), Is.EqualTo(1), "CNTLID");
        Assert.That(report[66], Is.EqualTo(1), "it holds");
        Assert.That(BitConverter.ToUInt64(report, 72), Is.EqualTo(7));
        Assert.That(BitConverter.ToUInt64(report, 80), Is.EqualTo(0x1234));
        Assert.That(BitConverter.ToUInt64(report, 88), Is.EqualTo(0x5678));
    }

    [Test]
    public void Two_controllers_of_one_host_have_one_registration()
    {
        Assert.That(_b.SetHostId(0xA), Is.EqualTo(StatusCode.Success));
        _a.Register(1);
        Assert.That(_b.Register(2), Is.EqualTo(StatusCode.ReservationConflict));
        Assert.That(_b.Acquire(ReservationType.ExclusiveAccess, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_a), Is.EqualTo("rw"));
        Assert.That(Rights(_c), Is.Empty);
        _a.Report(out byte[] report);
        Assert.That(BitConverter.ToUInt16(report, 5), Is.EqualTo(2), "an entry for each controller");
    }

    [Test]
    public void A_reset_forgets_the_host_but_not_its_registration()
    {
        _a.Register(1);
        _a.Acquire(ReservationType.ExclusiveAccess, 1);
        _a.Driver.Disable();
        _a.Driver.Enable();
        var again = new ReservationDriver(_a.Driver, 1);
        Assert.That(Rights(again), Is.Empty, "nobody knows who it is");
        Assert.That(again.SetHostId(0xA), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(again), Is.EqualTo("rw"));
        Assert.That(Rights(_b), Is.Empty);
    }

    [Test]
    public void The_registration_of_a_host_without_identifier_ends_with_its_controllers_reset()
    {
        _a.SetHostId(0);
        Assert.That(_a.Register(1), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Acquire(ReservationType.ExclusiveAccess, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(Rights(_b), Is.Empty);
        _a.Driver.Disable();
        Assert.That(Rights(_b), Is.EqualTo("rw"));
    }

    private static string Rights(ReservationDriver host)
    {
        string rights = "";
        if (IsAllowed(host.Access(IoOpcode.Read)))
            rights += "r";
        bool mayWrite = IsAllowed(host.Access(IoOpcode.Write));
        Assert.That(IsAllowed(host.Access(IoOpcode.WriteZeroes)), Is.EqualTo(mayWrite));
        Assert.That(IsAllowed(host.Access(IoOpcode.Flush)), Is.EqualTo(mayWrite));
        return mayWrite ? rights + "w" : rights;
    }

    private static bool IsAllowed(StatusCode status)
    {
        Assert.That(status, Is.EqualTo(StatusCode.Success).Or.EqualTo(StatusCode.ReservationConflict));
        return status == StatusCode.Success;
    }
}
