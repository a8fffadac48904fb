using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>
/// Command × bad field → status, against one enabled controller with namespace 1 and 2 (of 1024), the queue pairs 1 and
/// 2, eight pairs at most, 1024 entries at most, nine vectors.
/// </summary>
internal sealed partial class AdminStatusTests
{
    private const ulong Page = 0x1_0000;
    private const uint Size16 = 15u << 16;

    private TestMachine _machine = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _machine = new TestMachine();
        _machine.AddRamDisk(1);
        _machine.AddRamDisk(2);
        _machine.Driver.Enable();
        _machine.Driver.CreateQueuePair(1);
        _machine.Driver.CreateQueuePair(2);
    }

    [OneTimeTearDown]
    public void TearDown() => _machine.Dispose();

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (object[] row in Rows.Concat(Details))
            yield return new TestCaseData(row[1], row[2]).SetName($"Status_of_{row[0]}".Replace(' ', '_'));
    }

    private static readonly object[][] Rows =
    [
        Row("an unknown opcode", Entry(0xC0), StatusCode.InvalidOpcode),
        Row("Keep Alive, which KAS 0 does not offer", Entry(AdminOpcode.KeepAlive), StatusCode.InvalidOpcode),
        Row("Format NVM of an unknown erase", Entry(AdminOpcode.FormatNvm, 2u << 9, nsid: 1), StatusCode.InvalidField),
        Row("Sanitize without an action", Entry(AdminOpcode.Sanitize), StatusCode.InvalidField),
        Row("Namespace Management", Entry(AdminOpcode.NamespaceManagement), StatusCode.InvalidOpcode),
        Row("Security Receive", Entry(AdminOpcode.SecurityReceive), StatusCode.InvalidOpcode),
        Row("a fused command", Entry(AdminOpcode.Identify, 1) with { Fuse = FusedOperation.First }, StatusCode.InvalidField),
        Row("an SGL", Entry(AdminOpcode.Identify, 1) with { Psdt = DataTransferKind.SglContiguousMetadata },
            StatusCode.InvalidField),

        Row("Identify of an unknown CNS", Entry(AdminOpcode.Identify, 0x7F), StatusCode.InvalidField),
        Row("Identify namespace 0", Entry(AdminOpcode.Identify, 0), StatusCode.InvalidNamespaceOrFormat),
        Row("Identify namespace 1024, not active", Entry(AdminOpcode.Identify, 0, nsid: 1024), StatusCode.Success),
        Row("Identify namespace 1025", Entry(AdminOpcode.Identify, 0, nsid: 1025), StatusCode.InvalidNamespaceOrFormat),
        Row("Identify all namespaces", Entry(AdminOpcode.Identify, 0, nsid: NamespaceIds.All),
            StatusCode.InvalidNamespaceOrFormat),
        Row("Identify list after FFFFFFFEh", Entry(AdminOpcode.Identify, 2, nsid: 0xFFFF_FFFE),
            StatusCode.InvalidNamespaceOrFormat),
        Row("Identify descriptors of none", Entry(AdminOpcode.Identify, 3, nsid: 9), StatusCode.InvalidNamespaceOrFormat),
        Row("Identify of another command set", Entry(AdminOpcode.Identify, 5, 2u << 24, nsid: 1), StatusCode.InvalidField),
        Row("Identify of another command set's controller", Entry(AdminOpcode.Identify, 6, 1u << 24),
            StatusCode.InvalidField),
        Row("Identify into a misaligned PRP1", Entry(AdminOpcode.Identify, 1) with { Prp1 = Page + 2 },
            StatusCode.PrpOffsetInvalid),
        Row("Identify into a misaligned PRP2", Entry(AdminOpcode.Identify, 1) with { Prp1 = Page + 8, Prp2 = Page + 8 },
            StatusCode.PrpOffsetInvalid),
        Row("Identify outside guest RAM", Entry(AdminOpcode.Identify, 1) with { Prp1 = 1ul << 40 },
            StatusCode.DataTransferError),

        Row("Edge24 Create CQ 0", CreateCq(0, Size16, 3), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create CQ above the limit", CreateCq(9, Size16, 3), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create CQ twice", CreateCq(1, Size16, 3), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create CQ of size 0", CreateCq(3, 0, 3), StatusCode.InvalidQueueSize),
        Row("Edge24 Create CQ above MQES", CreateCq(3, 1024u << 16, 3), StatusCode.InvalidQueueSize),
        Row("Edge24 Create CQ not contiguous", CreateCq(3, Size16, 2), StatusCode.InvalidField),
        Row("Edge24 Create CQ at an offset", CreateCq(3, Size16, 3) with { Prp1 = Page + 64 },
            StatusCode.PrpOffsetInvalid),
        Row("Edge24 Create CQ with vector 9", CreateCq(3, Size16, 9u << 16 | 3), StatusCode.InvalidInterruptVector),
        Row("Edge24 Create CQ with vector 1 of the pin", CreateCq(3, Size16, 1u << 16 | 3),
            StatusCode.InvalidInterruptVector),

        Row("Edge24 Create SQ 0", CreateSq(0, Size16, 1), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ above the limit", CreateSq(9, Size16, 1), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ twice", CreateSq(1, Size16, 1), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ on CQ 0", CreateSq(3, Size16, 0), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ on a CQ above the limit", CreateSq(3, Size16, 9), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ on a CQ that is not there", CreateSq(3, Size16, 3), StatusCode.CompletionQueueInvalid),
        Row("Edge24 Create SQ of size 0", CreateSq(3, 0, 1), StatusCode.InvalidQueueSize),
        Row("Edge24 Create SQ above MQES", CreateSq(3, 1024u << 16, 1), StatusCode.InvalidQueueSize),
        Row("Edge24 Create SQ not contiguous", CreateSq(3, Size16, 1) with { Cdw11 = 1u << 16 }, StatusCode.InvalidField),
        Row("Edge24 Create SQ at an offset", CreateSq(3, Size16, 1) with { Prp1 = Page + 64 },
            StatusCode.PrpOffsetInvalid),

        Row("Edge24 Delete SQ 0", Entry(AdminOpcode.DeleteIoSubmissionQueue, 0), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete SQ that is not there", Entry(AdminOpcode.DeleteIoSubmissionQueue, 3),
            StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete CQ 0", Entry(AdminOpcode.DeleteIoCompletionQueue, 0), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete CQ that is not there", Entry(AdminOpcode.DeleteIoCompletionQueue, 700),
            StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete CQ with a submission queue", Entry(AdminOpcode.DeleteIoCompletionQueue, 1),
            StatusCode.InvalidQueueDeletion),

        Row("Get Features of an unknown feature", Entry(AdminOpcode.GetFeatures, 0x7E), StatusCode.InvalidField),
        Row("Get Features with an unknown select", Entry(AdminOpcode.GetFeatures, 0x407), StatusCode.InvalidField),
        Row("Get Features of a vector too high", Entry(AdminOpcode.GetFeatures, 9, 9), StatusCode.InvalidField),
        Row("Get Features of a sensor", Entry(AdminOpcode.GetFeatures, 4, 1u << 16), StatusCode.InvalidField),
        Row("Get Features of error recovery of none", Entry(AdminOpcode.GetFeatures, 5, nsid: 9),
            StatusCode.InvalidNamespaceOrFormat),
        Row("Set Features with Save", Entry(AdminOpcode.SetFeatures, 1u << 31 | 6, 1), StatusCode.FeatureNotSaveable),
        Row("Set Features of an unknown feature", Entry(AdminOpcode.SetFeatures, 0x7E), StatusCode.InvalidField),
        Row("Set Features of a namespace, not specific", Entry(AdminOpcode.SetFeatures, 6, 1, nsid: 1),
            StatusCode.FeatureNotNamespaceSpecific),
        Row("Set Features of power state 1", Entry(AdminOpcode.SetFeatures, 2, 1), StatusCode.InvalidField),
        Row("Set Features of queues when there are some", Entry(AdminOpcode.SetFeatures, 7, 0),
            StatusCode.CommandSequenceError),
        Row("Set Features of FFFFh queues", Entry(AdminOpcode.SetFeatures, 7, 0xFFFF), StatusCode.InvalidField),
        Row("Set Features of threshold type 2", Entry(AdminOpcode.SetFeatures, 4, 2u << 20), StatusCode.InvalidField),
        Row("Set Features of deallocated errors", Entry(AdminOpcode.SetFeatures, 5, 1u << 16, nsid: 1),
            StatusCode.InvalidField),
        Row("Set Features of a command set combination", Entry(AdminOpcode.SetFeatures, 0x19, 1), StatusCode.InvalidField),

        Row("Get Log Page unknown", Entry(AdminOpcode.GetLogPage, 0x7E), StatusCode.InvalidLogPage),
        Row("Get Log Page at an odd offset", Entry(AdminOpcode.GetLogPage, 2) with { Cdw12 = 2 }, StatusCode.InvalidField),
        Row("Get Log Page past the end", Entry(AdminOpcode.GetLogPage, 2) with { Cdw12 = 516 }, StatusCode.InvalidField),
        Row("Get Log Page over MDTS", Entry(AdminOpcode.GetLogPage, 2, 0xFFFF), StatusCode.InvalidField),
        Row("Get Log Page SMART of a namespace", Entry(AdminOpcode.GetLogPage, 2, nsid: 1), StatusCode.InvalidField),
        Row("Get Log Page by index", Entry(AdminOpcode.GetLogPage, 2) with { Cdw14 = 1u << 23 }, StatusCode.InvalidField),

        Row("Edge18 doorbell buffers misaligned", Buffers(Page + 8, Page + 4096), StatusCode.InvalidField),
        Row("Edge18 doorbell buffers outside guest RAM", Buffers(Page, 1ul << 40), StatusCode.InvalidField),
        Row("Edge18 doorbell buffers both the same", Buffers(Page, Page), StatusCode.InvalidField),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Status(object entry, object status)
    {
        ulong entriesBefore = BitConverter.ToUInt64(Events.ReadLogPage(_machine.Driver, LogPageId.ErrorInformation, 64));

        CompletionEntry completion = _machine.Driver.Execute((SubmissionEntry)entry);

        Assert.That(completion.Status.WithoutFlags(), Is.EqualTo(status));
        bool isError = (StatusCode)status != StatusCode.Success;
        Assert.That(completion.Status.IsDoNotRetry(), Is.EqualTo(isError));
        byte[] log = Events.ReadLogPage(_machine.Driver, LogPageId.ErrorInformation, 64);
        Assert.That(BitConverter.ToUInt64(log), Is.EqualTo(entriesBefore + (isError ? 1u : 0)));
        if (isError)
        {
            Assert.That(BitConverter.ToUInt16(log, 10), Is.EqualTo(completion.CommandId));
            Assert.That(BitConverter.ToUInt16(log, 12) >> 1, Is.EqualTo((int)completion.Status));
        }
    }

    private static object[] Row(string what, SubmissionEntry entry, StatusCode status) => [what, entry, status];

    private static SubmissionEntry Entry(AdminOpcode opcode, uint cdw10 = 0, uint cdw11 = 0, uint nsid = 0) =>
        Entry((byte)opcode, cdw10, cdw11, nsid);

    private static SubmissionEntry Entry(byte opcode, uint cdw10 = 0, uint cdw11 = 0, uint nsid = 0) => new()
    {
        Opcode = opcode,
        Prp1 = Page,
        Prp2 = Page + 4096,
        Cdw10 = cdw10,
        Cdw11 = cdw11,
        NamespaceId = nsid,
    };

    private static SubmissionEntry CreateCq(uint id, uint size, uint cdw11) =>
        Entry(AdminOpcode.CreateIoCompletionQueue, size | id, cdw11);

    private static SubmissionEntry CreateSq(uint id, uint size, uint completionId) =>
        Entry(AdminOpcode.CreateIoSubmissionQueue, size | id, completionId << 16 | 1);

    private static SubmissionEntry Buffers(ulong shadow, ulong eventIdx) =>
        Entry(AdminOpcode.DoorbellBufferConfig) with { Prp1 = shadow, Prp2 = eventIdx };
}
