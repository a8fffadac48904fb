using System.Runtime.InteropServices;
using NvmeDoorbell.Controller;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Each I/O command against each thing that can be wrong with it.</summary>
public sealed class IoCommandTests
{
    private const ulong Data = IoTaskFixture.DataAddress;
    private const StatusCode Refused = StatusCode.DoNotRetry;

    private IoTaskFixture _io = null!;
    private QueueDriver _driver = null!;

    [SetUp]
    public void Make()
    {
        _io = new IoTaskFixture();
        _driver = _io.AddQueue();
    }

    [TearDown]
    public void Free() => _io.Dispose();

    [TestCase(512)]
    [TestCase(4096)]
    public void What_is_written_is_read_back(int blockBytes)
    {
        using var disk = new RamDisk(1 << 20, blockBytes);
        _io.AddNamespace(disk);
        byte[] pattern = new byte[16384];
        new Random(1).NextBytes(pattern);
        _io.Memory.TryWrite(Data + 0x200, pattern);
        uint blocks = (uint)(pattern.Length / blockBytes);
        WriteList(Data + 0x10_0000, Data + 0x1000, 5);
        Assert.That(Run(IoEntries.Write(1, 3, blocks, Data + 0x200, Data + 0x10_0000)), Is.EqualTo(StatusCode.Success));
        WriteList(Data + 0x11_0000, Data + 0x4_1000, 5);
        Assert.That(
            Run(IoEntries.Read(2, 3, blocks, Data + 0x4_0E00, Data + 0x11_0000)), Is.EqualTo(StatusCode.Success));
        byte[] back = new byte[pattern.Length];
        _io.Memory.TryRead(Data + 0x4_0E00, back);
        Assert.That(back, Is.EqualTo(pattern));
        Assert.That((_io.Task.Totals.BytesRead, _io.Task.Totals.BytesWritten), Is.EqualTo((16384ul, 16384ul)));
        Assert.That(Run(IoEntries.WriteZeroes(3, 3, blocks)), Is.EqualTo(StatusCode.Success));
        Assert.That(
            Run(IoEntries.Read(4, 3, blocks, Data + 0x4_0E00, Data + 0x11_0000)), Is.EqualTo(StatusCode.Success));
        _io.Memory.TryRead(Data + 0x4_0E00, back);
        Assert.That(back, Is.All.Zero);
        Assert.That(_io.Task.Totals.Commands, Is.EqualTo(4));
        Assert.That(_io.Failures, Is.Empty);
    }

    [Test]
    public void A_disk_gets_what_the_command_says()
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(disk);
        Run(IoEntries.Write(1, 5, 2, Data, fua: true));
        Run(IoEntries.Write(2, 6, 1, Data));
        Run(IoEntries.Read(3, 7, 8, Data));
        Run(IoEntries.WriteZeroes(4, 100, 1000));
        Run(IoEntries.Flush(5));
        Assert.That(disk.Seen, Is.EqualTo(new[]
        {
            (DiskOperation.Write, 2560ul, 1024ul, true),
            (DiskOperation.Write, 3072ul, 512ul, false),
            (DiskOperation.Read, 3584ul, 4096ul, false),
            (DiskOperation.WriteZeroes, 51200ul, 512000ul, false),
            (DiskOperation.Flush, 0ul, 0ul, false),
        }));
    }

    [TestCase(DataTransferKind.SglContiguousMetadata)]
    [TestCase(DataTransferKind.SglSegmentMetadata)]
    public void Edge29_A_scatter_gather_list_moves_data_either_way(DataTransferKind kind)
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        byte[] pattern = new byte[1024];
        new Random(2).NextBytes(pattern);
        _io.Memory.TryWrite(Data, pattern);
        SglDescriptor whole = new(SglDescriptorType.DataBlock, Data, 1024);
        Assert.That(Run(WithSgl(IoEntries.Write(1, 3, 2, 0), whole, kind)), Is.EqualTo(StatusCode.Success));
        SglDescriptor[] list =
        [
            new(SglDescriptorType.DataBlock, Data + 0x2001, 700),
            new(SglDescriptorType.BitBucket, 0, 24),
            new(SglDescriptorType.DataBlock, Data + 0x3000, 300),
        ];
        _io.Memory.TryWrite(Data + 0x1000, MemoryMarshal.AsBytes<SglDescriptor>(list));
        SglDescriptor segment = new(SglDescriptorType.LastSegment, Data + 0x1000, 48);
        Assert.That(Run(WithSgl(IoEntries.Read(2, 3, 2, 0), segment, kind)), Is.EqualTo(StatusCode.Success));
        byte[] back = new byte[1024];
        _io.Memory.TryRead(Data + 0x2001, back.AsSpan(0, 700));
        _io.Memory.TryRead(Data + 0x3000, back.AsSpan(724));
        pattern.AsSpan(700, 24).Clear();
        Assert.That(back, Is.EqualTo(pattern));
    }

    [Test]
    public void Edge29_A_list_of_more_stretches_than_a_request_holds_moves_data_too()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        const int Pieces = 1024;
        const uint PieceBytes = IoTaskFixture.MaxTransferBytes / Pieces;
        byte[] pattern = new byte[IoTaskFixture.MaxTransferBytes];
        new Random(3).NextBytes(pattern);
        var list = new SglDescriptor[Pieces];
        for (uint i = 0; i < Pieces; i++)
        {
            list[i] = new SglDescriptor(SglDescriptorType.DataBlock, Data + i * 2 * PieceBytes, PieceBytes);
            _io.Memory.TryWrite(list[i].Address, pattern.AsSpan((int)(i * PieceBytes), (int)PieceBytes));
        }
        const ulong List = Data + (1 << 20);
        _io.Memory.TryWrite(List, MemoryMarshal.AsBytes<SglDescriptor>(list));
        SglDescriptor segment = new(SglDescriptorType.LastSegment, List, Pieces * SglDescriptor.SizeBytes);
        DataTransferKind kind = DataTransferKind.SglContiguousMetadata;
        Assert.That(Run(WithSgl(IoEntries.Write(1, 0, 256, 0), segment, kind)), Is.EqualTo(StatusCode.Success));
        _io.Memory.TryWrite(Data, new byte[2 * IoTaskFixture.MaxTransferBytes]);
        Assert.That(Run(WithSgl(IoEntries.Read(2, 0, 256, 0), segment, kind)), Is.EqualTo(StatusCode.Success));
        for (uint i = 0; i < Pieces; i++)
        {
            var back = new byte[PieceBytes];
            _io.Memory.TryRead(list[i].Address, back);
            Assert.That(back, Is.EqualTo(pattern.AsSpan((int)(i * PieceBytes), (int)PieceBytes).ToArray()), $"piece {i}");
        }
        Assert.That(Run(IoEntries.Read(3, 0, 8, Data)), Is.EqualTo(StatusCode.Success), "the request has its own memory again");

        // A stretch for each of 8449 descriptors is more than there is room for in any case.
        list = [.. Enumerable.Range(0, IoBuffer.MaxSegments + 1).Select(i =>
            new SglDescriptor(SglDescriptorType.DataBlock, Data + (ulong)i * 8, 4))];
        _io.Memory.TryWrite(List, MemoryMarshal.AsBytes<SglDescriptor>(list));
        segment = new(SglDescriptorType.LastSegment, List, (uint)list.Length * SglDescriptor.SizeBytes);
        Assert.That(
            Run(WithSgl(IoEntries.Write(1, 0, 128, 0), segment, kind)),
            Is.EqualTo(StatusCode.InvalidSglDescriptorCount | Refused));
    }

    private static IEnumerable<TestCaseData> WrongCommands()
    {
        // The disk has 2048 blocks of 512 bytes; MDTS is 256 blocks.
        yield return Case("Unknown_opcode", new SubmissionEntry { Opcode = 0x7F, NamespaceId = 1 },
            StatusCode.InvalidOpcode);
        yield return Case("Unknown_opcode_of_no_namespace", new SubmissionEntry { Opcode = 0x7F },
            StatusCode.InvalidOpcode);
        foreach (uint nsid in (uint[])[0, 2, 1024, 1025, NamespaceIds.All - 1])
        {
            yield return Case($"Read_of_namespace_{nsid}", IoEntries.Read(1, 0, 1, Data, nsid: nsid),
                StatusCode.InvalidNamespaceOrFormat);
            yield return Case($"Flush_of_namespace_{nsid}", IoEntries.Flush(1, nsid),
                StatusCode.InvalidNamespaceOrFormat);
        }
        yield return Case("Read_of_all_namespaces", IoEntries.Read(1, 0, 1, Data, nsid: NamespaceIds.All),
            StatusCode.InvalidNamespaceOrFormat);
        yield return Case("Edge30_Read_over_MDTS", IoEntries.Read(1, 0, 257, Data, Data), StatusCode.InvalidField);
        yield return Case("Edge30_Write_over_MDTS", IoEntries.Write(1, 0, 65536, Data, Data), StatusCode.InvalidField);
        yield return Case("Edge30_Read_over_the_end", IoEntries.Read(1, 2047, 2, Data), StatusCode.LbaOutOfRange);
        yield return Case("Edge30_Write_at_the_end", IoEntries.Write(1, 2048, 1, Data), StatusCode.LbaOutOfRange);
        yield return Case("Edge30_Read_whose_end_overflows", IoEntries.Read(1, ulong.MaxValue, 2, Data),
            StatusCode.LbaOutOfRange);
        yield return Case("Edge30_Write_whose_bytes_overflow", IoEntries.Write(1, 1ul << 55, 1, Data),
            StatusCode.LbaOutOfRange);
        yield return Case("Edge30_Write_Zeroes_over_the_end", IoEntries.WriteZeroes(1, 1, 2048),
            StatusCode.LbaOutOfRange);
        yield return Case("Edge28_Data_outside_ram", IoEntries.Read(1, 0, 1, Data + IoTaskFixture.DataBytes),
            StatusCode.DataTransferError);
        yield return Case("Edge28_Data_misaligned", IoEntries.Write(1, 0, 1, Data + 2), StatusCode.PrpOffsetInvalid);
        foreach (SubmissionEntry plain in (SubmissionEntry[])[IoEntries.Read(1, 0, 1, Data), IoEntries.Flush(1)])
        {
            SglDescriptor keyed = new(SglDescriptorType.KeyedDataBlock, Data, 512);
            if (plain.Opcode == (byte)IoOpcode.Read)
            {
                yield return Case("Edge29_Keyed_data", WithSgl(plain, keyed, DataTransferKind.SglContiguousMetadata),
                    StatusCode.SglDescriptorTypeInvalid);
            }
            yield return Case($"Edge29_Psdt_reserved_{plain.Opcode}", plain with { Psdt = (DataTransferKind)3 },
                StatusCode.InvalidField);
        }
    }

    [TestCaseSource(nameof(WrongCommands))]
    public void Wrong_command(SubmissionEntry entry, StatusCode status)
    {
        _io.AddNamespace(new ManualDisk { Answer = DiskStatus.Success });
        Assert.That(Run(entry), Is.EqualTo(status | Refused));
        Assert.That(_io.Task.Totals.Errors, Is.EqualTo(1));
        Assert.That(_io.Failures.Single(), Is.EqualTo(
            (entry.CommandId, entry.NamespaceId, LbaOf(entry, status), status | Refused)));
    }

    [Test]
    public void The_last_block_and_the_longest_transfer_are_right()
    {
        _io.AddNamespace(new NullDisk(1 << 20));
        WriteList(Data + 0x10_0000, Data + 0x1000, 31);
        Assert.That(Run(IoEntries.Read(1, 2047, 1, Data)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Read(2, 2048 - 256, 256, Data, Data + 0x10_0000)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.WriteZeroes(3, 0, 2048)), Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_read_only_namespace_is_read_and_flushed_and_not_written()
    {
        _io.AddNamespace(new ManualDisk { Answer = DiskStatus.Success, IsReadOnly = true });
        StatusCode isProtected = StatusCode.NamespaceWriteProtected | Refused;
        Assert.That(Run(IoEntries.Read(1, 0, 1, Data)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Flush(2)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Write(3, 0, 1, Data)), Is.EqualTo(isProtected));
        Assert.That(Run(IoEntries.WriteZeroes(4, 0, 1)), Is.EqualTo(isProtected));
    }

    [TestCase(DiskStatus.ReadError, StatusCode.UnrecoveredReadError)]
    [TestCase(DiskStatus.WriteFault, StatusCode.WriteFault)]
    [TestCase(DiskStatus.Full, StatusCode.CapacityExceeded)]
    [TestCase(DiskStatus.NotSupported, StatusCode.InvalidOpcode | StatusCode.DoNotRetry)]
    [TestCase(DiskStatus.Aborted, StatusCode.AbortRequested)]
    [TestCase(DiskStatus.InternalError, StatusCode.InternalError)]
    [TestCase((DiskStatus)200, StatusCode.InternalError)]
    public void Edge38_A_disks_failure_is_the_commands_status(DiskStatus answer, StatusCode status)
    {
        _io.AddNamespace(new ManualDisk { Answer = answer });
        Assert.That(Run(IoEntries.Read(1, 9, 1, Data)), Is.EqualTo(status));
        Assert.That(_io.Failures.Single(), Is.EqualTo(((ushort)1, 1u, 9ul, status)));
        Assert.That(Run(IoEntries.Write(2, 0, 1, Data)), Is.EqualTo(status));
        Assert.That(Run(IoEntries.WriteZeroes(3, 0, 1)), Is.EqualTo(status));
        Assert.That(Run(IoEntries.Flush(4)), Is.EqualTo(status));
        Assert.That(Run(IoEntries.Flush(5, NamespaceIds.All)), Is.EqualTo(status));
        Assert.That((_io.Task.Totals.BytesRead, _io.Task.Totals.BytesWritten), Is.EqualTo((0ul, 0ul)));
    }

    [Test]
    public void A_disk_that_throws_fails_the_command_and_nothing_else()
    {
        var disk = new ManualDisk { Throws = new InvalidOperationException("a defect") };
        _io.AddNamespace(disk);
        Assert.That(Run(IoEntries.Read(1, 0, 1, Data)), Is.EqualTo(StatusCode.InternalError));
        disk.Throws = null;
        disk.Answer = DiskStatus.Success;
        Assert.That(Run(IoEntries.Read(2, 0, 1, Data)), Is.EqualTo(StatusCode.Success));
    }

    [TestCase(DiskStatus.Pending)]
    [TestCase(DiskStatus.Success)]
    [TestCase(DiskStatus.ReadError)]
    public void A_disk_that_completes_before_it_answers_is_heard_once(DiskStatus answer)
    {
        _io.AddNamespace(new ManualDisk { CompletesEarly = true, Answer = answer });
        for (ushort id = 0; id < 40; id++)
            Assert.That(Run(IoEntries.Read(id, 0, 1, Data)), Is.EqualTo(StatusCode.Success));
        Assert.That(_driver.TryPeek(out _), Is.False);
    }

    [Test]
    public void A_flush_of_all_namespaces_flushes_one_after_the_other()
    {
        var disks = new ManualDisk[3];
        uint[] ids = [1, 3, 7];
        for (int i = 0; i < disks.Length; i++)
            _io.AddNamespace(disks[i] = new ManualDisk(), ids[i]);
        _driver.Submit(IoEntries.Flush(1, NamespaceIds.All));
        for (int i = 0; i < disks.Length; i++)
        {
            _io.Turn();
            Assert.That(_driver.TryPeek(out _), Is.False);
            Assert.That(disks.Select(disk => disk.Seen.Count).Sum(), Is.EqualTo(i + 1));
            disks[i].CompleteOne();
        }
        _io.Turn();
        Assert.That(_driver.Await().Status, Is.EqualTo(StatusCode.Success));
    }

    [Test]
    public void A_flush_of_all_namespaces_ends_with_the_first_failure_and_is_right_with_none()
    {
        Assert.That(Run(IoEntries.Flush(1, NamespaceIds.All)), Is.EqualTo(StatusCode.Success));
        _io.AddNamespace(new ManualDisk { Answer = DiskStatus.WriteFault });
        var second = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(second);
        Assert.That(Run(IoEntries.Flush(2, NamespaceIds.All)), Is.EqualTo(StatusCode.WriteFault));
        Assert.That(second.Seen, Is.Empty);
    }

    private static TestCaseData Case(string name, SubmissionEntry entry, StatusCode status) =>
        new TestCaseData(entry, status).SetName(name);

    private static ulong LbaOf(SubmissionEntry entry, StatusCode status) =>
        entry.Opcode == (byte)IoOpcode.Flush || entry.Opcode == 0x7F
        || entry.Psdt == DataTransferKind.Reserved
            ? 0
            : entry.Cdw10 | ((ulong)entry.Cdw11 << 32);

    private static SubmissionEntry WithSgl(SubmissionEntry entry, SglDescriptor first, DataTransferKind kind) =>
        entry with
        {
            Psdt = kind,
            Prp1 = first.Address,
            Prp2 = first.LengthAndIdentifier,
            MetadataPointer = 0x3, // of a format without metadata it is not looked at
        };

    private StatusCode Run(in SubmissionEntry entry)
    {
        _driver.Submit(in entry);
        _io.Turn();
        CompletionEntry completion = _driver.Await();
        Assert.That(completion.CommandId, Is.EqualTo(entry.CommandId));
        Assert.That(completion.SqHead, Is.EqualTo(_driver.SqTail));
        Assert.That(completion.SqId, Is.EqualTo(1));
        return completion.Status;
    }

    private void WriteList(ulong list, ulong firstPage, int pages)
    {
        for (int i = 0; i < pages; i++)
            _io.Memory.TryWrite(list + (ulong)i * 8, BitConverter.GetBytes(firstPage + (ulong)i * 4096));
    }
}
