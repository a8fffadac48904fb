using NvmeDoorbell.Spec;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <content>The rows of logs, features, aborts, self-tests, and of what is cleanly absent.</content>
internal sealed partial class AdminStatusTests
{
    private const uint MdtsDwords = (1 << 20) / 4;

    private static readonly object[][] Details =
    [
        .. Absent(AdminOpcode.FirmwareCommit, AdminOpcode.FirmwareImageDownload, AdminOpcode.KeepAlive,
            AdminOpcode.DirectiveSend, AdminOpcode.DirectiveReceive, AdminOpcode.VirtualizationManagement,
            AdminOpcode.NvmeMiSend, AdminOpcode.NvmeMiReceive, AdminOpcode.CapacityManagement, AdminOpcode.Lockdown,
            AdminOpcode.Fabrics, AdminOpcode.SecuritySend, AdminOpcode.SecurityReceive, AdminOpcode.GetLbaStatus),
        .. AbsentFeatures(FeatureId.AutonomousPowerStateTransition, FeatureId.HostMemoryBuffer, FeatureId.KeepAliveTimer,
            FeatureId.HostControlledThermalManagement, FeatureId.NonOperationalPowerStateConfig,
            FeatureId.ReadRecoveryLevelConfig, FeatureId.HostBehaviorSupport),

        Row("a fused second command", Entry(AdminOpcode.Identify, 1) with { Fuse = FusedOperation.Second },
            StatusCode.InvalidField),
        Row("PSDT reserved", Entry(AdminOpcode.Identify, 1) with { Psdt = (DataTransferKind)3 }, StatusCode.InvalidField),

        Row("Identify of the UUID list", Entry(AdminOpcode.Identify, 0x17), StatusCode.InvalidField),
        Row("Identify of granularities", Entry(AdminOpcode.Identify, 0x16), StatusCode.InvalidField),
        Row("Identify of NVM sets", Entry(AdminOpcode.Identify, 0x04), StatusCode.InvalidField),
        Row("Identify of primary controller capabilities", Entry(AdminOpcode.Identify, 0x14), StatusCode.InvalidField),
        Row("Identify of secondary controllers", Entry(AdminOpcode.Identify, 0x15), StatusCode.InvalidField),
        Row("Identify of command set combinations", Entry(AdminOpcode.Identify, 0x1C, nsid: 0), StatusCode.Success),
        .. new uint[] { 0x05, 0x06, 0x07, 0x1A, 0x1B }.Select(cns => Row($"Identify {cns:X2}h of the NVM Command Set",
            Entry(AdminOpcode.Identify, cns, nsid: 1), StatusCode.Success)),
        .. new uint[] { 0x05, 0x06, 0x07, 0x1A, 0x1B }.SelectMany(cns => new uint[] { 1, 2, 0xFF }.Select(set =>
            Row($"Identify {cns:X2}h of command set {set:X2}h", Entry(AdminOpcode.Identify, cns, set << 24, nsid: 1),
                StatusCode.InvalidField))),
        .. new uint[] { 0x00, 0x05, 0x08, 0x11, 0x12, 0x1B }.SelectMany(cns => new uint[] { 0, 1025, NamespaceIds.All }
            .Select(nsid => Row($"Identify {cns:X2}h of namespace {nsid:X}h", Entry(AdminOpcode.Identify, cns, nsid: nsid),
                StatusCode.InvalidNamespaceOrFormat))),
        .. new uint[] { 0x02, 0x07, 0x10, 0x1A }.SelectMany(cns => (object[][])
        [
            Row($"Identify {cns:X2}h after FFFFFFFDh", Entry(AdminOpcode.Identify, cns, nsid: NamespaceIds.Highest - 1),
                StatusCode.Success),
            Row($"Identify {cns:X2}h after all", Entry(AdminOpcode.Identify, cns, nsid: NamespaceIds.All),
                StatusCode.InvalidNamespaceOrFormat),
        ]),
        .. new uint[] { 0x09, 0x0A, 0x0F, 0x18, 0x19, 0x1D, 0x1F, 0x20, 0xFF }.Select(cns =>
            Row($"Identify {cns:X2}h, which is absent", Entry(AdminOpcode.Identify, cns, nsid: 1), StatusCode.InvalidField)),
        Row("Identify controllers from the last", Entry(AdminOpcode.Identify, 0xFFFFu << 16 | 0x13), StatusCode.Success),
        Row("Identify with a list of PRPs outside guest RAM",
            Entry(AdminOpcode.Identify, 1) with { Prp1 = Page + 8, Prp2 = 1ul << 40 }, StatusCode.DataTransferError),

        Row("Edge24 Create CQ of 65536 entries", CreateCq(3, 0xFFFFu << 16, 3), StatusCode.InvalidQueueSize),
        Row("Edge24 Create CQ with the highest vector", CreateCq(3, Size16, 0xFFFFu << 16 | 3),
            StatusCode.InvalidInterruptVector),
        Row("Edge24 Create CQ without interrupts, of a vector too high", CreateCq(3, Size16, 9u << 16 | 1),
            StatusCode.InvalidInterruptVector),
        Row("Edge24 Create CQ FFFFh", CreateCq(0xFFFF, Size16, 3), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ FFFFh", CreateSq(0xFFFF, Size16, 1), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Create SQ on CQ FFFFh", CreateSq(3, Size16, 0xFFFF), StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete SQ FFFFh", Entry(AdminOpcode.DeleteIoSubmissionQueue, 0xFFFF),
            StatusCode.InvalidQueueIdentifier),
        Row("Edge24 Delete CQ FFFFh", Entry(AdminOpcode.DeleteIoCompletionQueue, 0xFFFF),
            StatusCode.InvalidQueueIdentifier),

        Row("Get Log Page with a UUID index", Log(1) with { Cdw14 = 1 }, StatusCode.InvalidField),
        Row("Get Log Page of MDTS", Log(1, MdtsDwords - 1), StatusCode.Success),
        Row("Get Log Page over MDTS by NUMDU", Log(1, MdtsDwords), StatusCode.InvalidField),
        Row("Get Log Page of the most that can be asked for", Log(1, uint.MaxValue), StatusCode.InvalidField),
        Row("Get Log Page at its end", Log(2) with { Cdw12 = 512 }, StatusCode.Success),
        Row("Get Log Page beyond 4 GiB", Log(2) with { Cdw13 = 1 }, StatusCode.InvalidField),
        Row("Get Log Page into a misaligned PRP1", Log(2) with { Prp1 = Page + 1 }, StatusCode.PrpOffsetInvalid),
        Row("Get Log Page outside guest RAM", Log(2) with { Prp1 = 1ul << 40 }, StatusCode.DataTransferError),
        Row("Get Log Page effects of another command set", Log(5) with { Cdw14 = 1u << 24 }, StatusCode.InvalidField),
        Row("Get Log Page SMART of all", Log(2) with { NamespaceId = NamespaceIds.All }, StatusCode.Success),
        Row("Get Log Page of self-tests", Log(6, 140), StatusCode.Success),
        Row("Get Log Page of features", Log(0x12, 255), StatusCode.Success),
        Row("Get Log Page of NVMe-MI commands", Log(0x13, 1023), StatusCode.Success),
        Row("Get Log Page telemetry", Log(7), StatusCode.InvalidLogPage),
        Row("Get Log Page persistent events", Log(0x0D), StatusCode.InvalidLogPage),

        Row("Get Features of capabilities of an unknown feature", Entry(AdminOpcode.GetFeatures, 0x37E),
            StatusCode.InvalidField),
        .. new uint[] { 0x01, 0x04, 0x06, 0x07, 0x0B, 0x80 }.SelectMany(feature => (object[][])
        [
            .. Enumerable.Range(0, 4).Select(select => Row($"Get Features {feature:X2}h of select {select}",
                Entry(AdminOpcode.GetFeatures, (uint)select << 8 | feature), StatusCode.Success)),
            .. Enumerable.Range(4, 4).Select(select => Row($"Get Features {feature:X2}h of select {select}",
                Entry(AdminOpcode.GetFeatures, (uint)select << 8 | feature), StatusCode.InvalidField)),
            Row($"Set Features {feature:X2}h with Save", Entry(AdminOpcode.SetFeatures, 1u << 31 | feature),
                StatusCode.FeatureNotSaveable),
        ]),
        Row("Get Features of the timestamp outside guest RAM",
            Entry(AdminOpcode.GetFeatures, 0x0E) with { Prp1 = 1ul << 40 }, StatusCode.DataTransferError),
        Row("Get Features of a threshold of type 3", Entry(AdminOpcode.GetFeatures, 4, 3u << 20), StatusCode.InvalidField),
        Row("Get Features of the progress marker", Entry(AdminOpcode.GetFeatures, 0x80), StatusCode.Success),
        Row("Set Features of the timestamp from a misaligned PRP1",
            Entry(AdminOpcode.SetFeatures, 0x0E) with { Prp1 = Page + 2 }, StatusCode.PrpOffsetInvalid),
        Row("Set Features of the host identifier outside guest RAM",
            Entry(AdminOpcode.SetFeatures, 0x81, 1) with { Prp1 = 1ul << 40 }, StatusCode.DataTransferError),
        Row("Set Features of a threshold of sensor 1", Entry(AdminOpcode.SetFeatures, 4, 1u << 16 | 300),
            StatusCode.InvalidField),
        Row("Set Features of a threshold of all sensors", Entry(AdminOpcode.SetFeatures, 4, 0xFu << 16 | 343),
            StatusCode.Success),
        Row("Set Features of a vector too high", Entry(AdminOpcode.SetFeatures, 9, 9), StatusCode.InvalidField),
        Row("Set Features of FFFFh completion queues", Entry(AdminOpcode.SetFeatures, 7, 0xFFFF_0000),
            StatusCode.InvalidField),
        Row("Set Features of error recovery of none", Entry(AdminOpcode.SetFeatures, 5, 1, nsid: 9),
            StatusCode.InvalidNamespaceOrFormat),
        Row("Set Features of error recovery of all", Entry(AdminOpcode.SetFeatures, 5, 1, nsid: NamespaceIds.All),
            StatusCode.Success),
        Row("Set Features of all namespaces, not specific", Entry(AdminOpcode.SetFeatures, 6, 1, nsid: NamespaceIds.All),
            StatusCode.Success),
        Row("Set Features of power state 0 with a workload hint", Entry(AdminOpcode.SetFeatures, 2, 1u << 5),
            StatusCode.Success),

        Row("Abort of a command that is not there", Entry(AdminOpcode.Abort, 77u << 16 | 1), StatusCode.Success),
        Row("Abort in a queue that is not there", Entry(AdminOpcode.Abort, 3), StatusCode.Success),
        Row("Abort in a queue that cannot be", Entry(AdminOpcode.Abort, 0xFFFF), StatusCode.Success),

        Row("Self-test of no code", Entry(AdminOpcode.DeviceSelfTest, 0, nsid: 1), StatusCode.InvalidField),
        Row("Self-test of a reserved code", Entry(AdminOpcode.DeviceSelfTest, 3, nsid: 1), StatusCode.InvalidField),
        Row("Self-test of a namespace that is not active", Entry(AdminOpcode.DeviceSelfTest, 1, nsid: 9),
            StatusCode.InvalidField),
        Row("Self-test of a namespace that cannot be", Entry(AdminOpcode.DeviceSelfTest, 1, nsid: 1025),
            StatusCode.InvalidNamespaceOrFormat),
        Row("Self-test aborted when there is none", Entry(AdminOpcode.DeviceSelfTest, 0xF), StatusCode.Success),
    ];

    [Test]
    public void Every_opcode_is_in_the_effects_or_Invalid_Opcode()
    {
        byte[] effects = Events.ReadLogPage(_machine.Driver, LogPageId.CommandsSupportedAndEffects, 1024);
        for (int opcode = 0; opcode < 256; opcode++)
        {
            if (opcode == (int)AdminOpcode.AsynchronousEventRequest)
                continue; // it would not be answered
            // All ones is nobody's queue, log page, structure, feature or format.
            SubmissionEntry entry = Entry((byte)opcode, 0xFFFF_FFFF, nsid: 0xFFFF_FFFE) with { Prp1 = Page, Prp2 = Page };
            StatusCode status = _machine.Driver.Execute(entry).Status;
            bool isKnown = (effects[opcode * 4] & 1) != 0;
            Assert.That(
                status == (StatusCode.InvalidOpcode | StatusCode.DoNotRetry), Is.EqualTo(!isKnown), $"opcode {opcode:X2}h");
        }
        Assert.That(effects[(int)AdminOpcode.AsynchronousEventRequest * 4] & 1, Is.EqualTo(1));
    }

    private static SubmissionEntry Log(uint page, uint dwords = 127) =>
        Entry(AdminOpcode.GetLogPage, page | dwords << 16, dwords >> 16);

    private static IEnumerable<object[]> Absent(params AdminOpcode[] opcodes) =>
        opcodes.Select(opcode => Row($"{opcode}, which is absent", Entry(opcode, nsid: 1), StatusCode.InvalidOpcode));

    private static IEnumerable<object[]> AbsentFeatures(params FeatureId[] features) => features.SelectMany(
        feature => (object[][])
        [
            Row($"Get Features of {feature}, which is absent", Entry(AdminOpcode.GetFeatures, (uint)feature),
                StatusCode.InvalidField),
            Row($"Set Features of {feature}, which is absent", Entry(AdminOpcode.SetFeatures, (uint)feature),
                StatusCode.InvalidField),
        ]);
}
