using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Device Self-test and its log page, from the host's side.</summary>
internal sealed class SelfTestTests
{
    private const int LogBytes = 564;
    private const int ResultBytes = 28;
    private const ulong ChunkBytes = 64 << 10;

    private TestMachine _machine = null!;

    private ControllerDriver Driver => _machine.Driver;

    [SetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        Driver.Enable();
    }

    [TearDown]
    public void TearDown() => _machine.Dispose();

    [TestCase(SelfTestCode.ShortTest)]
    [TestCase(SelfTestCode.ExtendedTest)]
    public void A_test_of_a_good_namespace_passes(SelfTestCode code)
    {
        _machine.AddRamDisk(1);
        Assert.That(ReadLog()[4], Is.EqualTo(0x0F), "no result yet");

        Assert.That(Start(code, 1), Is.EqualTo(StatusCode.Success));

        byte[] result = WaitForEnd();
        Assert.That(result[0], Is.EqualTo((int)code << 4));
        Assert.That(result[2], Is.EqualTo(1), "NSID is valid, nothing else");
        Assert.That(BitConverter.ToUInt32(result, 12), Is.EqualTo(1));
    }

    [Test]
    public void A_short_test_reads_64_places_from_the_first_to_the_last()
    {
        var disk = new ManualDisk { LengthBytes = 1ul << 40, Answer = DiskStatus.Success };
        _machine.AddDisk(disk, 1);

        Start(SelfTestCode.ShortTest, 1);

        Assert.That(WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ShortTest << 4));
        Assert.That(disk.Seen, Has.Count.EqualTo(64));
        Assert.That(disk.Seen.Select(seen => seen.Offset), Is.Ordered.And.Unique);
        Assert.That(disk.Seen.First().Offset, Is.Zero);
        Assert.That(disk.Seen.Last().Offset + disk.Seen.Last().Length, Is.EqualTo(disk.LengthBytes));
        Assert.That(disk.Seen.Select(seen => seen.Operation), Is.All.EqualTo(DiskOperation.Read));
    }

    [Test]
    public void An_extended_test_reads_all_of_it()
    {
        var disk = new ManualDisk { LengthBytes = 100 * ChunkBytes + 512, Answer = DiskStatus.Success };
        _machine.AddDisk(disk, 1);

        Start(SelfTestCode.ExtendedTest, 1);

        WaitForEnd();
        Assert.That(disk.Seen.Sum(seen => (long)seen.Length), Is.EqualTo((long)disk.LengthBytes));
        Assert.That(disk.Seen.Select(seen => seen.Offset), Is.Unique);
    }

    [Test]
    public void Progress_is_in_the_log_and_another_test_has_to_wait()
    {
        var disk = new ManualDisk { LengthBytes = 10 * ChunkBytes };
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ExtendedTest, 1);
        for (int read = 0; read < 10; read++)
        {
            Wait.Until(() => disk.Waiting.Count == 1, "a read");
            byte[] log = ReadLog();
            Assert.That((log[0], log[1]), Is.EqualTo(((byte)SelfTestCode.ExtendedTest, (byte)(10 * read))));
            Assert.That(Start(SelfTestCode.ShortTest, 1), Is.EqualTo(StatusCode.DeviceSelfTestInProgress));
            disk.CompleteOne();
        }

        Assert.That(WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ExtendedTest << 4));
        Assert.That(Start(SelfTestCode.ShortTest, 0), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_command_aborts_it()
    {
        var disk = new ManualDisk();
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ExtendedTest, 1);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");

        Assert.That(Start(SelfTestCode.Abort, 0), Is.EqualTo(StatusCode.Success));

        Assert.That(WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ExtendedTest << 4 | (int)SelfTestOutcome.AbortedByCommand));
        Assert.That(Start(SelfTestCode.Abort, 0), Is.EqualTo(StatusCode.Success), "none is under way: nothing to do");
        Assert.That(ReadLog()[4 + ResultBytes], Is.EqualTo(0x0F), "and nothing to log");
        disk.CompleteAll();
        Assert.That(disk.Seen, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_read_error_is_a_failed_segment_with_its_block_and_an_event()
    {
        var disk = new ManualDisk { LengthBytes = 4 * ChunkBytes };
        _machine.AddDisk(disk, 7);
        ushort request = Driver.Admin.Submit(Events.Request);
        Start(SelfTestCode.ShortTest, 7);
        Wait.Until(() => disk.Waiting.Count == 1, "the first read");
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "the second read");
        disk.CompleteOne(DiskStatus.ReadError);

        byte[] result = WaitForEnd();
        Assert.That(result[0], Is.EqualTo((int)SelfTestCode.ShortTest << 4 | (int)SelfTestOutcome.KnownSegmentFailed));
        Assert.That(result[1], Is.EqualTo(2), "the segment that reads namespaces");
        Assert.That(result[2], Is.EqualTo(0x0F), "namespace, block, status type and code are valid");
        Assert.That(BitConverter.ToUInt32(result, 12), Is.EqualTo(7));
        Assert.That(BitConverter.ToUInt64(result, 16), Is.EqualTo(ChunkBytes / 512));
        Assert.That((result[24], result[25]), Is.EqualTo(((byte)2, (byte)0x81)), "Unrecovered Read Error");
        Assert.That(
            AsynchronousEvent.FromDword0(Driver.Admin.WaitFor(request).Result),
            Is.EqualTo(AsynchronousEvent.DiagnosticFailure));
    }

    [Test]
    public void A_reset_ends_a_short_test()
    {
        var disk = new ManualDisk();
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ShortTest, 1);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");
        Driver.Write32(RegisterOffset.ControllerConfiguration, 0);
        Wait.Until(
            () =>
            {
                disk.CompleteAll();
                return Driver.Status.Value == 0;
            },
            "CSTS = 0");
        Driver.Enable();

        Assert.That(WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ShortTest << 4 | (int)SelfTestOutcome.AbortedByReset));
        Assert.That(disk.Seen, Has.Count.LessThanOrEqualTo(2), "one may have begun before the reset was seen");
    }

    [Test]
    public void An_extended_test_goes_on_through_a_reset()
    {
        var disk = new ManualDisk { LengthBytes = 2 * ChunkBytes };
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ExtendedTest, 1);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");
        Driver.Disable();
        Driver.Enable();
        Assert.That(ReadLog()[0], Is.EqualTo((byte)SelfTestCode.ExtendedTest));
        disk.CompleteOne();
        Wait.Until(() => disk.Waiting.Count == 1, "the next read");
        disk.CompleteOne();

        Assert.That(WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ExtendedTest << 4));
    }

    [Test]
    public void A_namespace_that_is_removed_ends_it_and_is_given_back_when_its_read_has_ended()
    {
        var disk = new ManualDisk();
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ExtendedTest, 1);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");
        Task removal = Task.Run(() => _machine.Controller.RemoveNamespace(1));

        byte[] result = WaitForEnd();
        Assert.That(removal.IsCompleted, Is.False, "the disk has the read still");
        disk.CompleteOne();
        removal.Wait();

        Assert.That(
            result[0], Is.EqualTo((int)SelfTestCode.ExtendedTest << 4 | (int)SelfTestOutcome.AbortedByNamespaceRemoval));
    }

    [Test]
    public void Formatting_the_namespace_ends_it()
    {
        var disk = new ManualDisk();
        _machine.AddDisk(disk, 1);
        Start(SelfTestCode.ExtendedTest, 1);
        Wait.Until(() => disk.Waiting.Count == 1, "a read");
        ushort format = Driver.Admin.Submit(new SubmissionEntry { Opcode = (byte)AdminOpcode.FormatNvm, NamespaceId = 1 });
        Wait.Until(() => disk.Waiting.Count == 2, "what formatting does to the disk");
        disk.CompleteOne();

        Assert.That(
            WaitForEnd()[0], Is.EqualTo((int)SelfTestCode.ExtendedTest << 4 | (int)SelfTestOutcome.AbortedByFormat));
        Wait.Until(
            () =>
            {
                disk.CompleteAll();
                return Driver.Admin.HasCompleted(format);
            },
            "the end of formatting");
    }

    [Test]
    public void All_namespaces_are_tested_one_after_the_other()
    {
        var first = new ManualDisk { Answer = DiskStatus.Success };
        var second = new ManualDisk { Answer = DiskStatus.Success };
        _machine.AddDisk(first, 1);
        _machine.AddDisk(second, 5);

        Start(SelfTestCode.ExtendedTest, NamespaceIds.All);

        Assert.That(BitConverter.ToUInt32(WaitForEnd(), 12), Is.EqualTo(NamespaceIds.All));
        Assert.That((first.Seen.Count, second.Seen.Count), Is.EqualTo((16, 16)));
    }

    [Test]
    public void Twenty_results_are_kept_the_newest_first()
    {
        for (int test = 0; test < 25; test++)
        {
            Start(test % 2 == 0 ? SelfTestCode.ShortTest : SelfTestCode.ExtendedTest, 0);
            WaitForEnd();
        }
        byte[] log = ReadLog();
        for (int index = 0; index < 20; index++)
            Assert.That(log[4 + index * ResultBytes], Is.EqualTo(index % 2 == 0 ? 0x10 : 0x20));
    }

    [TestCase(0u, 1u, StatusCode.InvalidField)]
    [TestCase(3u, 1u, StatusCode.InvalidField)]
    [TestCase(0xEu, 1u, StatusCode.InvalidField)]
    [TestCase(1u, 9u, StatusCode.InvalidField)]
    [TestCase(2u, 1025u, StatusCode.InvalidNamespaceOrFormat)]
    [TestCase(2u, 0xFFFF_FFFEu, StatusCode.InvalidNamespaceOrFormat)]
    public void What_is_no_test_is_refused(uint code, uint nsid, StatusCode expected)
    {
        _machine.AddRamDisk(1);
        Assert.That(Start((SelfTestCode)code, nsid), Is.EqualTo(expected));
        Assert.That(ReadLog()[0], Is.Zero);
    }

    private StatusCode Start(SelfTestCode code, uint nsid) => Driver.Execute(new SubmissionEntry
    {
        Opcode = (byte)AdminOpcode.DeviceSelfTest,
        NamespaceId = nsid,
        Cdw10 = (uint)code,
    }).Status.WithoutFlags();

    private byte[] ReadLog() => Events.ReadLogPage(Driver, LogPageId.DeviceSelfTest, LogBytes);

    /// <summary>Waits until no test is under way.</summary>
    /// <returns>The newest result.</returns>
    private byte[] WaitForEnd()
    {
        byte[] log = [];
        ulong buffer = Driver.AllocatePages(2);
        Wait.Until(
            () =>
            {
                Driver.Execute(Events.GetLogPage(LogPageId.DeviceSelfTest, LogBytes, buffer));
                log = Driver.ReadRam(buffer, LogBytes);
                return log[0] == 0;
            },
            "the test to end");
        return log[4..(4 + ResultBytes)];
    }
}
