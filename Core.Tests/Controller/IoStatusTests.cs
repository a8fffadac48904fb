using System.Runtime.InteropServices;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>
/// I/O command × field → status, through BAR0 and guest RAM alone. Namespace 1 has 8192 blocks of 512 bytes, namespace 2
/// 1024 of 4096, namespace 3 is write protected and has 2048 of 512; MDTS is 128 KiB; guest RAM ends at 16 MiB.
/// </summary>
internal sealed class IoStatusTests
{
    private const ulong Page = 0x1_0000;
    private const ulong List = 0x2_0000;
    private const ulong EndOfRam = TestMachine.RamBytes;
    private const ulong Blocks = 8192;
    private const uint OverMdts = 256; // 0-based: 257 blocks

    private TestMachine _machine = null!;
    private DriverQueuePair _pair = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _machine = new TestMachine(options => options with { MaxTransferBytes = 128 << 10 });
        _machine.AddRamDisk(1);
        _machine.AddRamDisk(2, blockBytes: 4096);
        _machine.AddDisk(new ManualDisk { Answer = DiskStatus.Success, IsReadOnly = true }, 3);
        _machine.Driver.Enable();
        _pair = _machine.Driver.CreateQueuePair(1);
    }

    [OneTimeTearDown]
    public void TearDown() => _machine.Dispose();

    private static IEnumerable<TestCaseData> Cases()
    {
        foreach (object[] row in Rows().Concat(RangeRows()).Concat(DataRows()).Concat(ListRows()))
            yield return new TestCaseData(row[1], row[2], row[3]).SetName($"Io_status_of_{row[0]}".Replace(' ', '_'));
    }

    private static IEnumerable<object[]> Rows()
    {
        foreach (byte opcode in (byte[])[0x03, 0x06, 0x18, 0x7F, 0x80, 0xFF])
            yield return Row($"opcode {opcode:X2}h", new SubmissionEntry { Opcode = opcode, NamespaceId = 1 }, StatusCode.InvalidOpcode);

        foreach (IoOpcode opcode in AllOpcodes)
        {
            SubmissionEntry plain = Plain(opcode);
            yield return Row($"{opcode}", plain, StatusCode.Success);
            yield return Row($"{opcode} of namespace 0", plain with { NamespaceId = 0 }, StatusCode.InvalidNamespaceOrFormat);
            yield return Row($"{opcode} of namespace 9", plain with { NamespaceId = 9 }, StatusCode.InvalidNamespaceOrFormat);
            yield return Row($"{opcode} of namespace 1025", plain with { NamespaceId = 1025 },
                StatusCode.InvalidNamespaceOrFormat);
            yield return Row($"{opcode} of all namespaces", plain with { NamespaceId = NamespaceIds.All },
                opcode == IoOpcode.Flush ? StatusCode.Success : StatusCode.InvalidNamespaceOrFormat);
            yield return Row($"{opcode} with PSDT 11b", plain with { Psdt = DataTransferKind.Reserved },
                StatusCode.InvalidField);
            yield return Row($"{opcode} with FUSE 11b", plain with { Fuse = FusedOperation.Reserved },
                StatusCode.InvalidField);
            yield return Row($"{opcode} that is fused first and has no second", plain with { Fuse = FusedOperation.First },
                StatusCode.AbortedMissingFused);
            yield return Row($"{opcode} that is fused second and has no first", plain with { Fuse = FusedOperation.Second },
                StatusCode.AbortedMissingFused);
            // The namespaces have neither metadata nor protection information: nothing looks at what is for these.
            yield return Row($"{opcode} with a metadata pointer outside guest RAM",
                plain with { MetadataPointer = ulong.MaxValue }, StatusCode.Success);
            if (opcode is IoOpcode.Flush or IoOpcode.DatasetManagement)
                continue;
            yield return Row($"{opcode} with tags of protection information",
                plain with { Cdw2 = uint.MaxValue, Cdw3 = uint.MaxValue, Cdw14 = uint.MaxValue, Cdw15 = uint.MaxValue },
                StatusCode.Success);
            yield return Row($"{opcode} with PRINFO", plain with { Cdw12 = plain.Cdw12 | 0xFu << 26 }, StatusCode.Success);
            yield return Row($"{opcode} with storage tag check", plain with { Cdw12 = plain.Cdw12 | 1u << 24 },
                StatusCode.Success);
            yield return Row($"{opcode} with FUA", plain with { Cdw12 = plain.Cdw12 | 1u << 30 }, StatusCode.Success);
            yield return Row($"{opcode} with limited retry", plain with { Cdw12 = plain.Cdw12 | 1u << 31 },
                StatusCode.Success);
        }
        foreach (IoOpcode opcode in (IoOpcode[])[IoOpcode.Write, IoOpcode.Copy])
        {
            yield return Row($"{opcode} with a directive", Plain(opcode) with { Cdw12 = Plain(opcode).Cdw12 | 1u << 20 },
                StatusCode.InvalidField);
        }
        yield return Row("Write Zeroes that deallocates", Plain(IoOpcode.WriteZeroes) with { Cdw12 = 1u << 25 | 7 },
            StatusCode.Success);
    }

    private static IEnumerable<object[]> RangeRows()
    {
        foreach (IoOpcode opcode in RangeOpcodes)
        {
            SubmissionEntry plain = Plain(opcode);
            bool movesData = opcode is IoOpcode.Read or IoOpcode.Write or IoOpcode.Compare;
            yield return Row($"Edge30 {opcode} of the last block", At(plain, Blocks - 1, 0), StatusCode.Success);
            yield return Row($"Edge30 {opcode} after the last block", At(plain, Blocks, 0), StatusCode.LbaOutOfRange);
            yield return Row($"Edge30 {opcode} over the last block", At(plain, Blocks - 1, 1), StatusCode.LbaOutOfRange);
            yield return Row($"Edge30 {opcode} whose end overflows", At(plain, ulong.MaxValue, 1), StatusCode.LbaOutOfRange);
            yield return Row($"Edge30 {opcode} whose bytes overflow", At(plain, 1ul << 55, 0), StatusCode.LbaOutOfRange);
            yield return Row($"Edge30 {opcode} of 257 blocks", At(plain, 0, OverMdts),
                movesData ? StatusCode.InvalidField : StatusCode.Success);
            yield return Row($"Edge30 {opcode} of 33 blocks of 4 KiB", At(plain, 0, 32) with { NamespaceId = 2 },
                movesData ? StatusCode.InvalidField : StatusCode.Success);
            yield return Row($"Edge30 {opcode} of 65536 blocks", At(plain, 0, 0xFFFF),
                movesData ? StatusCode.InvalidField : StatusCode.LbaOutOfRange);
        }
        foreach (IoOpcode opcode in AllOpcodes)
        {
            bool isRefused = opcode is IoOpcode.Write or IoOpcode.WriteZeroes or IoOpcode.WriteUncorrectable
                or IoOpcode.DatasetManagement or IoOpcode.Copy;
            // The disk of namespace 3 reads nothing, so what is compared is whatever it finds.
            if (opcode != IoOpcode.Compare)
            {
                yield return Row($"{opcode} of a write protected namespace", Plain(opcode) with { NamespaceId = 3 },
                    isRefused ? StatusCode.NamespaceWriteProtected : StatusCode.Success);
            }
        }
        yield return Row("Dataset Management of hints on a write protected namespace",
            Plain(IoOpcode.DatasetManagement) with { NamespaceId = 3, Cdw11 = 3 }, StatusCode.Success);
    }

    private static IEnumerable<object[]> DataRows()
    {
        foreach (IoOpcode opcode in DataOpcodes)
        {
            SubmissionEntry plain = Plain(opcode);
            uint length = opcode switch { IoOpcode.DatasetManagement => 16u, IoOpcode.Copy => 32u, _ => 4096u };
            yield return Row($"Edge28 {opcode} with PRP1 misaligned", plain with { Prp1 = Page + 2 }, StatusCode.PrpOffsetInvalid);
            yield return Row($"Edge28 {opcode} with PRP1 outside guest RAM", plain with { Prp1 = EndOfRam },
                StatusCode.DataTransferError);
            yield return Row($"Edge29 {opcode} by an SGL", Sgl(plain, Block(Page, length)), StatusCode.Success);
            yield return Row($"Edge29 {opcode} by PSDT 10b",
                Sgl(plain, Block(Page, length)) with { Psdt = DataTransferKind.SglSegmentMetadata }, StatusCode.Success);
            yield return Row($"Edge29 {opcode} by an SGL too short", Sgl(plain, Block(Page, length - 1)),
                StatusCode.DataSglLengthInvalid);
            yield return Row($"Edge29 {opcode} by an SGL too long", Sgl(plain, Block(Page, length + 1)),
                StatusCode.DataSglLengthInvalid);
            yield return Row($"Edge29 {opcode} by an SGL outside guest RAM", Sgl(plain, Block(EndOfRam, length)),
                StatusCode.DataTransferError);
            yield return Row($"Edge29 {opcode} by a keyed SGL",
                Sgl(plain, new SglDescriptor(SglDescriptorType.KeyedDataBlock, Page, length)),
                StatusCode.SglDescriptorTypeInvalid);
            yield return Row($"Edge29 {opcode} by a transport SGL",
                Sgl(plain, new SglDescriptor(SglDescriptorType.TransportDataBlock, Page, length)),
                StatusCode.SglDescriptorTypeInvalid);
            yield return Row($"Edge29 {opcode} by an SGL of an offset",
                Sgl(plain, Block(Page, length | 1)) with { Prp2 = length | 1ul << 56 }, StatusCode.SglDescriptorTypeInvalid);
            yield return Row($"Edge29 {opcode} by a segment of 15 bytes",
                Sgl(plain, new SglDescriptor(SglDescriptorType.LastSegment, List, 15)), StatusCode.InvalidSglSegmentDescriptor);
            yield return Row($"Edge29 {opcode} by a misaligned segment",
                Sgl(plain, new SglDescriptor(SglDescriptorType.Segment, List + 4, 16)), StatusCode.InvalidSglSegmentDescriptor);
            yield return Row($"Edge29 {opcode} by a segment outside guest RAM",
                Sgl(plain, new SglDescriptor(SglDescriptorType.LastSegment, EndOfRam, 16)), StatusCode.DataTransferError);
            yield return Row($"Edge29 {opcode} by a segment that points to itself",
                Sgl(plain, new SglDescriptor(SglDescriptorType.Segment, List, 16)), StatusCode.InvalidSglDescriptorCount,
                new SglDescriptor(SglDescriptorType.Segment, List, 16));
            yield return Row($"Edge29 {opcode} by a segment in the last one",
                Sgl(plain, new SglDescriptor(SglDescriptorType.LastSegment, List, 16)), StatusCode.InvalidSglSegmentDescriptor,
                new SglDescriptor(SglDescriptorType.LastSegment, List, 16));
            yield return Row($"Edge29 {opcode} by a segment in the middle of one",
                Sgl(plain, new SglDescriptor(SglDescriptorType.Segment, List, 32)), StatusCode.InvalidSglDescriptorCount,
                new SglDescriptor(SglDescriptorType.LastSegment, List, 16), Block(Page, length));
        }
        yield return Row("Edge29 Read into a bit bucket",
            Sgl(Plain(IoOpcode.Read), new SglDescriptor(SglDescriptorType.BitBucket, 0, 4096)), StatusCode.Success);
        yield return Row("Edge29 Write from a bit bucket",
            Sgl(Plain(IoOpcode.Write), new SglDescriptor(SglDescriptorType.BitBucket, 0, 4096)),
            StatusCode.DataSglLengthInvalid);
        foreach (IoOpcode opcode in (IoOpcode[])[IoOpcode.Read, IoOpcode.Write, IoOpcode.Compare])
        {
            yield return Row($"Edge28 {opcode} with PRP2 misaligned", At(Plain(opcode), 0, 15) with { Prp2 = Page + 8 },
                StatusCode.PrpOffsetInvalid);
            yield return Row($"Edge28 {opcode} with PRP2 outside guest RAM", At(Plain(opcode), 0, 15) with { Prp2 = EndOfRam },
                StatusCode.DataTransferError);
        }
    }

    private static IEnumerable<object[]> ListRows()
    {
        SubmissionEntry trim = Plain(IoOpcode.DatasetManagement);
        yield return ListRow("Dataset Management with no attribute", trim with { Cdw11 = 0 }, StatusCode.Success, IoEntries.Range(0, 8));
        yield return ListRow("Dataset Management with all attributes", trim with { Cdw11 = 7 }, StatusCode.Success,
            IoEntries.Range(0, 8, attributes: 0xFF00_073F));
        yield return ListRow("Dataset Management of no block", trim, StatusCode.Success, IoEntries.Range(Blocks, 0));
        yield return ListRow("Dataset Management of all blocks", trim, StatusCode.Success, IoEntries.Range(0, (uint)Blocks));
        yield return ListRow("Edge30 Dataset Management over the end", trim, StatusCode.LbaOutOfRange, IoEntries.Range(Blocks - 1, 2));
        yield return ListRow("Edge30 Dataset Management that overflows", trim, StatusCode.LbaOutOfRange,
            IoEntries.Range(ulong.MaxValue, uint.MaxValue));
        yield return ListRow("Edge30 Dataset Management over the end in the second range", trim with { Cdw10 = 1 },
            StatusCode.LbaOutOfRange, IoEntries.Range(0, 1), IoEntries.Range(Blocks, 1));
        yield return ListRow("Edge30 Dataset Management of a hint over the end", trim with { Cdw11 = 1 },
            StatusCode.LbaOutOfRange, IoEntries.Range(Blocks, 1));

        SubmissionEntry copy = Plain(IoOpcode.Copy);
        foreach (uint format in (uint[])[1, 2, 15])
            yield return ListRow($"Copy of descriptor format {format}", copy with { Cdw12 = format << 8 }, StatusCode.InvalidField, IoEntries.Source(0, 1));
        yield return ListRow("Copy of 128 ranges", copy with { Cdw12 = 127 }, StatusCode.Success,
            [.. Enumerable.Range(0, 128).Select(i => IoEntries.Source((ulong)i, 2))]);
        yield return Row("Copy of 129 ranges", copy with { Cdw12 = 128 }, StatusCode.CommandSizeLimitExceeded);
        yield return ListRow("Copy of 256 blocks", copy, StatusCode.Success, IoEntries.Source(0, 256));
        yield return ListRow("Copy of a range of 257 blocks", copy, StatusCode.CommandSizeLimitExceeded, IoEntries.Source(0, 257));
        yield return ListRow("Copy of 257 blocks in two ranges", copy with { Cdw12 = 1 },
            StatusCode.CommandSizeLimitExceeded, IoEntries.Source(0, 256), IoEntries.Source(0, 1));
        yield return ListRow("Copy of 33 blocks of 4 KiB", copy with { NamespaceId = 2 },
            StatusCode.CommandSizeLimitExceeded, IoEntries.Source(0, 33));
        yield return ListRow("Edge30 Copy from over the end", copy, StatusCode.LbaOutOfRange, IoEntries.Source(Blocks - 1, 2));
        yield return ListRow("Edge30 Copy from where it overflows", copy, StatusCode.LbaOutOfRange, IoEntries.Source(ulong.MaxValue, 2));
        yield return ListRow("Edge30 Copy to over the end", At(copy, Blocks - 1, 0), StatusCode.LbaOutOfRange, IoEntries.Source(0, 2));
        yield return ListRow("Edge30 Copy to where it overflows", At(copy, ulong.MaxValue, 0), StatusCode.LbaOutOfRange,
            IoEntries.Source(0, 2));
    }

    [TestCaseSource(nameof(Cases))]
    public void Status(object entry, object status, byte[] list)
    {
        // Blocks of namespace 1 and 2 read as zeroes, and the guest's data is zeroes, but for what the case has put there.
        Run(At(Plain(IoOpcode.WriteZeroes), 0, (uint)Blocks - 1));
        Run(At(Plain(IoOpcode.WriteZeroes), 0, 1023) with { NamespaceId = 2 });
        Write(Page, new byte[0x2_0000]);
        var command = (SubmissionEntry)entry;
        if (list.Length != 0)
            Write(command.Psdt == DataTransferKind.Prp ? Page : List, list);

        CompletionEntry completion = _pair.Execute(command);

        Assert.That(completion.Status.WithoutFlags(), Is.EqualTo(status));
        bool isFinal = (StatusCode)status is not (StatusCode.Success or StatusCode.AbortedMissingFused);
        Assert.That(completion.Status.IsDoNotRetry(), Is.EqualTo(isFinal));
    }

    [Test]
    public void The_error_log_names_the_source_of_a_copy_that_lies_outside()
    {
        Write(Page, IoEntries.Source(Blocks + 5, 1));
        CompletionEntry completion = _pair.Execute(Plain(IoOpcode.Copy));
        Assert.That(completion.Status.WithoutFlags(), Is.EqualTo(StatusCode.LbaOutOfRange));
        byte[] log = [];
        Wait.Until(
            () => BitConverter.ToUInt16(log = Events.ReadLogPage(_machine.Driver, LogPageId.ErrorInformation, 64), 10)
                == completion.CommandId && BitConverter.ToUInt16(log, 8) == 1,
            "its entry");
        Assert.That(BitConverter.ToUInt64(log, 16), Is.EqualTo(Blocks + 5));
    }

    [Test]
    public void The_effects_log_and_Identify_name_the_commands_that_there_are()
    {
        byte[] log = Events.ReadLogPage(_machine.Driver, LogPageId.CommandsSupportedAndEffects, 4096);
        for (int opcode = 0; opcode < 256; opcode++)
        {
            StatusCode status = _pair.Execute(new SubmissionEntry { Opcode = (byte)opcode, NamespaceId = 9 }).Status;
            bool isThere = status.WithoutFlags() != StatusCode.InvalidOpcode;
            Assert.That((log[1024 + 4 * opcode] & 1) != 0, Is.EqualTo(isThere), $"opcode {opcode:X2}h");
        }
        var controller = new IdentifyControllerData(_machine.Driver.Identify(IdentifyCns.Controller));
        const OptionalIoCommands Commands = OptionalIoCommands.Compare | OptionalIoCommands.WriteUncorrectable
            | OptionalIoCommands.DatasetManagement | OptionalIoCommands.WriteZeroes | OptionalIoCommands.Verify
            | OptionalIoCommands.Copy;
        Assert.That(controller.OptionalIoCommands & Commands, Is.EqualTo(Commands));
        Assert.That(controller.FusedOperationSupport, Is.EqualTo(1));
        Assert.That(controller.CopyDescriptorFormats, Is.EqualTo(1));
        Assert.That(controller.SglSupport & 0xFFFF_00FF, Is.EqualTo(0x000B_0001));
        var small = new IdentifyNamespaceData(_machine.Driver.Identify(IdentifyCns.Namespace, 1));
        var large = new IdentifyNamespaceData(_machine.Driver.Identify(IdentifyCns.Namespace, 2));
        Assert.That((small.MaximumSingleSourceRange, small.MaximumCopyLength), Is.EqualTo(((ushort)256, 256u)));
        Assert.That((large.MaximumSingleSourceRange, large.MaximumCopyLength), Is.EqualTo(((ushort)32, 32u)));
        Assert.That(small.MaximumSourceRangeCount, Is.EqualTo(127));
        Assert.That(small.DeallocateFeatures, Is.EqualTo(9));
    }

    private static IoOpcode[] AllOpcodes => [IoOpcode.Flush, .. RangeOpcodes, IoOpcode.DatasetManagement, IoOpcode.Copy];

    private static IoOpcode[] RangeOpcodes =>
    [
        IoOpcode.Read, IoOpcode.Write, IoOpcode.Compare, IoOpcode.WriteZeroes, IoOpcode.WriteUncorrectable, IoOpcode.Verify,
    ];

    private static IoOpcode[] DataOpcodes =>
        [IoOpcode.Read, IoOpcode.Write, IoOpcode.Compare, IoOpcode.DatasetManagement, IoOpcode.Copy];

    /// <summary>A command of eight blocks, or of one range, that is right.</summary>
    private static SubmissionEntry Plain(IoOpcode opcode) => new()
    {
        Opcode = (byte)opcode,
        NamespaceId = 1,
        Prp1 = Page,
        Prp2 = Page + 4096,
        Cdw11 = opcode == IoOpcode.DatasetManagement ? 4u : 0,
        Cdw12 = opcode is IoOpcode.Flush or IoOpcode.DatasetManagement or IoOpcode.Copy ? 0u : 7,
    };

    private static SubmissionEntry At(SubmissionEntry entry, ulong lba, uint lastBlock) => entry with
    {
        Cdw10 = (uint)lba,
        Cdw11 = (uint)(lba >> 32),
        Cdw12 = (entry.Cdw12 & 0xFFFF_0000) | lastBlock,
        Prp2 = List,
    };

    private static SubmissionEntry Sgl(SubmissionEntry entry, SglDescriptor first) => entry with
    {
        Psdt = DataTransferKind.SglContiguousMetadata,
        Prp1 = first.Address,
        Prp2 = first.LengthAndIdentifier,
    };

    private static SglDescriptor Block(ulong address, uint length) => new(SglDescriptorType.DataBlock, address, length);

    private static object[] Row(
        string what, SubmissionEntry entry, StatusCode status, params SglDescriptor[] list) =>
        [what, entry, status, MemoryMarshal.AsBytes<SglDescriptor>(list).ToArray()];

    private static object[] ListRow(string what, SubmissionEntry entry, StatusCode status, params byte[][] list) =>
        [what, entry, status, list.SelectMany(item => item).ToArray()];

    private void Run(SubmissionEntry entry) =>
        Assert.That(_pair.Execute(entry).Status, Is.EqualTo(StatusCode.Success));

    private void Write(ulong address, byte[] bytes) => Assert.That(_machine.Memory.TryWrite(address, bytes), Is.True);
}
