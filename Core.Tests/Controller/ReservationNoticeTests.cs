using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Whom reservations tell what, what their features and their report say, and who is away.</summary>
public sealed class ReservationNoticeTests
{
    private SharedMachine _machine = null!;
    private uint _nsid;
    private ReservationDriver _a = null!;
    private ReservationDriver _b = null!;
    private ReservationDriver _c = null!;

    [SetUp]
    public void SetUp()
    {
        _machine = new SharedMachine(guests: 3);
        _nsid = _machine.ShareRamDisk();
        _a = new ReservationDriver(_machine.Driver(0), _nsid, 0xA);
        _b = new ReservationDriver(_machine.Driver(1), _nsid, 0xB);
        _c = new ReservationDriver(_machine.Driver(2), _nsid, 0xC);
        _a.Register(1);
        _b.Register(2);
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [TestCase(ReservationType.WriteExclusive, false)]
    [TestCase(ReservationType.ExclusiveAccess, false)]
    [TestCase(ReservationType.WriteExclusiveRegistrantsOnly, true)]
    [TestCase(ReservationType.ExclusiveAccessRegistrantsOnly, true)]
    [TestCase(ReservationType.WriteExclusiveAllRegistrants, true)]
    [TestCase(ReservationType.ExclusiveAccessAllRegistrants, true)]
    public void A_release_is_told_to_other_registrants_whom_it_concerns(ReservationType type, bool concerns)
    {
        Assert.That(_a.Acquire(type, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.Release(type, 1), Is.EqualTo(StatusCode.Success));

        ReservationNotification expected =
            concerns ? ReservationNotification.ReservationReleased : ReservationNotification.Empty;
        Assert.That(_b.ReadLog().What, Is.EqualTo(expected));
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.Empty), "it knows");
        Assert.That(_c.ReadLog().What, Is.EqualTo(ReservationNotification.Empty), "it is not registered");
    }

    [TestCase(ReservationType.WriteExclusive, false)]
    [TestCase(ReservationType.ExclusiveAccess, false)]
    [TestCase(ReservationType.WriteExclusiveRegistrantsOnly, true)]
    [TestCase(ReservationType.ExclusiveAccessRegistrantsOnly, true)]
    [TestCase(ReservationType.WriteExclusiveAllRegistrants, false, Description = "it is held still")]
    [TestCase(ReservationType.ExclusiveAccessAllRegistrants, false, Description = "it is held still")]
    public void The_end_of_the_holders_registration_is_told_to_registrants_whom_it_concerns(
        ReservationType type, bool concerns)
    {
        _a.Acquire(type, 1);
        Assert.That(_a.Unregister(1), Is.EqualTo(StatusCode.Success));

        ReservationNotification expected =
            concerns ? ReservationNotification.ReservationReleased : ReservationNotification.Empty;
        Assert.That(_b.ReadLog().What, Is.EqualTo(expected));
    }

    [Test]
    public void Preempting_for_the_same_type_releases_nothing()
    {
        _c.Register(3);
        _a.Acquire(ReservationType.ExclusiveAccess, 1);
        Assert.That(_b.Preempt(ReservationType.ExclusiveAccess, 2, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.RegistrationPreempted));
        Assert.That(_c.ReadLog().What, Is.EqualTo(ReservationNotification.Empty));
        Assert.That(_b.Preempt(ReservationType.ExclusiveAccess, 2, 3), Is.EqualTo(StatusCode.Success), "no holder");
        Assert.That(_c.ReadLog().What, Is.EqualTo(ReservationNotification.RegistrationPreempted));
        Assert.That(_b.Access(IoOpcode.Write), Is.EqualTo(StatusCode.Success), "it holds still");
        Assert.That(Generation(_b), Is.EqualTo(5), "three registrations, two preemptions");
    }

    [Test]
    public void A_key_of_a_registrant_takes_no_reservation_of_all_registrants()
    {
        _c.Register(3);
        _a.Acquire(ReservationType.WriteExclusiveAllRegistrants, 1);
        Assert.That(_b.Preempt(ReservationType.ExclusiveAccess, 2, 1), Is.EqualTo(StatusCode.Success));
        Assert.That(_c.Access(IoOpcode.Write), Is.EqualTo(StatusCode.Success), "one of all");
        Assert.That(_a.Access(IoOpcode.Write), Is.EqualTo(StatusCode.ReservationConflict));
        _b.Report(out byte[] report);
        Assert.That(report[4], Is.EqualTo((byte)ReservationType.WriteExclusiveAllRegistrants));
    }

    [Test]
    public void The_generation_counts_what_changes_registrations()
    {
        Assert.That(Generation(_c), Is.EqualTo(2));
        _a.Run(IoOpcode.ReservationRegister, 2, 1, 11);
        Assert.That(Generation(_c), Is.EqualTo(3), "a key is replaced");
        _a.Acquire(ReservationType.WriteExclusive, 11);
        _a.Release(ReservationType.WriteExclusive, 11);
        Assert.That(Generation(_c), Is.EqualTo(3), "acquired, released");
        _a.Unregister(11);
        Assert.That(Generation(_c), Is.EqualTo(4));
        _b.Clear(2);
        Assert.That(Generation(_c), Is.EqualTo(5));
    }

    [Test]
    public void Who_is_away_is_reported_with_no_controller()
    {
        _a.Driver.Disable();
        Assert.That(_b.Report(out byte[] report), Is.EqualTo(StatusCode.Success));
        Assert.That(BitConverter.ToUInt16(report, 5), Is.EqualTo(2));
        Assert.That(
            new[] { 24, 48 }.Select(at => (BitConverter.ToUInt16(report, at), BitConverter.ToUInt64(report, at + 8))),
            Is.EquivalentTo(new (ushort, ulong)[] { (0xFFFF, 0xA), (2, 0xB) }));
    }

    [Test]
    public void A_report_is_followed_by_zeroes_and_no_longer_than_MDTS()
    {
        DriverQueuePair pair = _c.Pair;
        ulong page = _c.Driver.AllocatePages(1);
        _c.Driver.Memory.TryWrite(page, Enumerable.Repeat((byte)0xFF, 4096).ToArray());
        var report = new SubmissionEntry
        {
            Opcode = (byte)IoOpcode.ReservationReport,
            NamespaceId = _nsid,
            Prp1 = page,
            Cdw10 = 511,
        };
        Assert.That(pair.Execute(report).Status, Is.EqualTo(StatusCode.Success));
        byte[] ram = _c.Driver.ReadRam(page, 4096);
        Assert.That(ram[72..2048], Is.All.Zero);
        Assert.That(ram[2048..], Is.All.EqualTo(0xFF));
        Assert.That(
            pair.Execute(report with { Cdw10 = uint.MaxValue }).Status.WithoutFlags(), Is.EqualTo(StatusCode.InvalidField));
    }

    [Test]
    public void Notifications_that_the_log_has_no_room_for_leave_a_gap()
    {
        for (int times = 0; times < 260; times++)
        {
            _b.Clear(2);
            _a.Register(1);
            _b.Register(2);
        }
        byte[] page = Events.ReadLogPage(_a.Driver, LogPageId.ReservationNotification, 64, retain: true);
        Assert.That(page[9], Is.EqualTo(255), "behind it");
        Assert.That(BitConverter.ToUInt64(page), Is.EqualTo(5), "as if the four lost ones had come first");
    }

    [Test]
    public void Masks_are_of_one_namespace_or_of_all_and_go_with_a_reset()
    {
        uint other = _machine.ShareRamDisk();
        Assert.That(SetMask(other, 0xFF), Is.EqualTo(StatusCode.Success));
        Assert.That((GetMask(_nsid), GetMask(other)), Is.EqualTo((0u, 0x0Eu)), "what there is to be masked");
        Assert.That(SetMask(NamespaceIds.All, 2), Is.EqualTo(StatusCode.Success));
        Assert.That((GetMask(_nsid), GetMask(other)), Is.EqualTo((2u, 2u)));
        Assert.That(SetMask(9, 2), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Get(FeatureId.ReservationNotificationMask, 9).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Get(FeatureId.ReservationNotificationMask, NamespaceIds.All).Status.WithoutFlags(),
            Is.EqualTo(StatusCode.InvalidField), "of all there is no one value");
        _a.Driver.Disable();
        _a.Driver.Enable();
        Assert.That((GetMask(_nsid), GetMask(other)), Is.EqualTo((0u, 0u)));
    }

    [Test]
    public void A_reset_forgets_notifications()
    {
        _b.Clear(2);
        _a.Driver.Disable();
        _a.Driver.Enable();
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.Empty));
    }

    [Test]
    public void Reservations_do_not_persist_and_cannot_be_made_to()
    {
        Assert.That(Set(FeatureId.ReservationPersistence, _nsid, 0), Is.EqualTo(StatusCode.Success));
        Assert.That(Set(FeatureId.ReservationPersistence, _nsid, 1), Is.EqualTo(StatusCode.InvalidField));
        Assert.That(Set(FeatureId.ReservationPersistence, 9, 0), Is.EqualTo(StatusCode.InvalidNamespaceOrFormat));
        Assert.That(Get(FeatureId.ReservationPersistence, _nsid).Result, Is.Zero);
    }

    [Test]
    public void Registrants_are_told_that_a_holder_without_identifier_has_gone()
    {
        _c.SetHostId(0);
        Assert.That(_c.Register(3), Is.EqualTo(StatusCode.Success));
        Assert.That(_c.Acquire(ReservationType.WriteExclusiveRegistrantsOnly, 3), Is.EqualTo(StatusCode.Success));
        uint before = Generation(_a);
        _c.Driver.Disable();
        Assert.That(_a.ReadLog().What, Is.EqualTo(ReservationNotification.ReservationReleased));
        Assert.That(Generation(_a), Is.EqualTo(before + 1));
    }

    private StatusCode SetMask(uint nsid, uint mask) => Set(FeatureId.ReservationNotificationMask, nsid, mask);

    private uint GetMask(uint nsid) => Get(FeatureId.ReservationNotificationMask, nsid).Result;

    private StatusCode Set(FeatureId feature, uint nsid, uint value) => _a.Driver.Execute(new SubmissionEntry
    {
        Opcode = (byte)AdminOpcode.SetFeatures,
        NamespaceId = nsid,
        Cdw10 = (uint)feature,
        Cdw11 = value,
    }).Status.WithoutFlags();

    private CompletionEntry Get(FeatureId feature, uint nsid) => _a.Driver.Execute(new SubmissionEntry
    {
        Opcode = (byte)AdminOpcode.GetFeatures,
        NamespaceId = nsid,
        Cdw10 = (uint)feature,
    });

    private static uint Generation(ReservationDriver host)
    {
        Assert.That(host.Report(out byte[] report), Is.EqualTo(StatusCode.Success));
        return BitConverter.ToUInt32(report);
    }
}
