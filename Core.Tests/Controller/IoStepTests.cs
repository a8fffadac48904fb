using NvmeDoorbell.Controller;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Spec;
using NvmeDoorbell.Storage;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Controller;

/// <summary>Commands that take several requests of the disk, and what a stop in the middle does to them.</summary>
public sealed class IoStepTests
{
    private const ulong Data = IoTaskFixture.DataAddress;
    private const ulong Lists = Data + (1 << 20);
    private const uint PieceBlocks = IoBuffer.DataBytes / 512;

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

    [Test]
    public void Compare_finds_every_byte_that_differs()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        byte[] pattern = Fill(Data, 8192, seed: 1);
        Assert.That(Run(IoEntries.Write(1, 8, 16, Data, Data + 4096)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Compare(2, 8, 16, Data, Data + 4096)), Is.EqualTo(StatusCode.Success));
        Assert.That(_io.Task.Totals.BytesRead, Is.EqualTo(8192));
        foreach (int index in (int[])[0, 4095, 4096, 8191])
        {
            _io.Memory.TryWrite(Data + (ulong)index, [(byte)(pattern[index] ^ 1)]);
            Assert.That(
                Run(IoEntries.Compare(3, 8, 16, Data, Data + 4096)),
                Is.EqualTo(StatusCode.CompareFailure | StatusCode.DoNotRetry));
            _io.Memory.TryWrite(Data + (ulong)index, [pattern[index]]);
        }
        Assert.That(_io.Task.Totals.BytesRead, Is.EqualTo(8192));
    }

    [Test]
    public void Verify_reads_all_of_a_range_piece_by_piece_and_ends_with_the_first_error()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        _driver.Submit(IoEntries.Verify(1, 5, 2 * PieceBlocks + 1));
        _io.Turn();
        disk.CompleteOne();
        _io.Turn();
        disk.CompleteOne();
        _io.Turn();
        disk.CompleteOne();
        _io.Turn();
        Assert.That(_driver.Await().Status, Is.EqualTo(StatusCode.Success));
        Assert.That(disk.Seen, Is.EqualTo(new[]
        {
            (DiskOperation.Read, 5 * 512ul, (ulong)IoBuffer.DataBytes, false),
            (DiskOperation.Read, 5 * 512ul + IoBuffer.DataBytes, (ulong)IoBuffer.DataBytes, false),
            (DiskOperation.Read, 5 * 512ul + 2 * IoBuffer.DataBytes, 512ul, false),
        }));
        _driver.Submit(IoEntries.Verify(2, 5, 2 * PieceBlocks));
        _io.Turn();
        disk.CompleteOne(DiskStatus.ReadError);
        _io.Turn();
        Assert.That(_driver.Await().Status, Is.EqualTo(StatusCode.UnrecoveredReadError));
        Assert.That(disk.Waiting, Is.Empty);
    }

    [Test]
    public void Deallocation_discards_range_by_range_and_a_disk_that_cannot_leaves_the_data()
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(disk);
        WriteList(IoEntries.Range(3, 4), IoEntries.Range(0, 0), IoEntries.Range(100, 1));
        Assert.That(Run(IoEntries.Deallocate(1, Lists, 3)), Is.EqualTo(StatusCode.Success));
        disk.Answer = DiskStatus.NotSupported;
        Assert.That(Run(IoEntries.Deallocate(2, Lists, 3)), Is.EqualTo(StatusCode.Success));
        (DiskOperation, ulong, ulong, bool)[] ranges =
            [(DiskOperation.Discard, 1536, 2048, false), (DiskOperation.Discard, 51200, 512, false)];
        Assert.That(disk.Seen, Is.EqualTo(ranges.Concat(ranges)));
        disk.Answer = DiskStatus.WriteFault;
        Assert.That(Run(IoEntries.Deallocate(3, Lists, 3)), Is.EqualTo(StatusCode.WriteFault));
        Assert.That(disk.Seen, Has.Count.EqualTo(5), "the first failure is the last step");
    }

    [Test]
    public void Deallocated_blocks_read_as_zeroes()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        Fill(Data, 4096, seed: 2);
        Run(IoEntries.Write(1, 0, 8, Data));
        WriteList([.. Enumerable.Range(0, 256).Select(i => IoEntries.Range((ulong)i * 8 + 1, i == 0 ? 2u : 0))]);
        Assert.That(Run(IoEntries.Deallocate(2, Lists, 256)), Is.EqualTo(StatusCode.Success));
        byte[] expected = Read(Data, 4096);
        expected.AsSpan(512, 1024).Clear();
        Run(IoEntries.Read(3, 0, 8, Data));
        Assert.That(Read(Data, 4096), Is.EqualTo(expected));
    }

    [Test]
    public void Copy_reads_all_sources_before_it_writes_whatever_overlaps()
    {
        const int BlockCount = 64;
        int seed = Seed.Next();
        var random = new Random(seed);
        using var disk = new RamDisk(BlockCount * 512);
        _io.AddNamespace(disk);
        ulong list = Lists + 8192;
        for (uint i = 0; i < 7; i++)
            _io.Memory.TryWrite(list + i * 8, BitConverter.GetBytes(Data + (i + 1) * 4096ul));
        byte[] content = Fill(Data, BlockCount * 512, seed);
        Run(IoEntries.Write(1, 0, BlockCount, Data, list));
        for (int round = 0; round < 200; round++)
        {
            var copied = new List<byte>();
            var sources = new List<byte[]>();
            do
            {
                int first = random.Next(BlockCount);
                int count = random.Next(1, Math.Min(8, BlockCount - first) + 1);
                copied.AddRange(content.AsSpan(first * 512, count * 512));
                sources.Add(IoEntries.Source((ulong)first, (uint)count));
            }
            while (random.Next(3) != 0 && copied.Count < 48 * 512);
            int target = random.Next(BlockCount - copied.Count / 512 + 1);
            copied.CopyTo(content, target * 512);
            WriteList([.. sources]);
            Assert.That(
                Run(IoEntries.Copy(2, (ulong)target, Lists, sources.Count)), Is.EqualTo(StatusCode.Success),
                Seed.Replay(seed));
            Run(IoEntries.Read(3, 0, BlockCount, Data, list));
            Assert.That(Read(Data, BlockCount * 512), Is.EqualTo(content), $"Round {round}. {Seed.Replay(seed)}");
        }
    }

    [Test]
    public void A_copy_whose_source_cannot_be_read_writes_nothing_and_its_write_is_durable_where_that_is_asked()
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(disk);
        WriteList(IoEntries.Source(1, 2), IoEntries.Source(9, 1));
        Assert.That(Run(IoEntries.Copy(1, 20, Lists, 2, fua: true)), Is.EqualTo(StatusCode.Success));
        Assert.That(disk.Seen, Is.EqualTo(new[]
        {
            (DiskOperation.Read, 512ul, 1024ul, false),
            (DiskOperation.Read, 4608ul, 512ul, false),
            (DiskOperation.Write, 10240ul, 1536ul, true),
        }));
        disk.Answer = DiskStatus.ReadError;
        Assert.That(Run(IoEntries.Copy(2, 20, Lists, 2)), Is.EqualTo(StatusCode.UnrecoveredReadError));
        Assert.That(disk.Seen, Has.Count.EqualTo(4));
    }

    [Test]
    public void Uncorrectable_blocks_cannot_be_read_until_they_are_written()
    {
        using var disk = new RamDisk(1 << 20);
        _io.AddNamespace(disk);
        StatusCode unreadable = StatusCode.UnrecoveredReadError | StatusCode.DoNotRetry;
        WriteList(IoEntries.Range(11, 1), IoEntries.Source(14, 2));
        ulong source = Lists + 16;
        Assert.That(Run(IoEntries.WriteUncorrectable(1, 10, 6)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Read(2, 8, 3, Data)), Is.EqualTo(unreadable));
        Assert.That(Run(IoEntries.Read(2, 8, 2, Data)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Compare(2, 15, 1, Data)), Is.EqualTo(unreadable));
        Assert.That(Run(IoEntries.Verify(2, 0, 1000)), Is.EqualTo(unreadable));
        Assert.That(Run(IoEntries.Copy(2, 100, source, 1)), Is.EqualTo(unreadable));
        Assert.That(_io.Task.Totals.Errors, Is.EqualTo(4));

        Run(IoEntries.Write(3, 10, 1, Data));
        Run(IoEntries.Deallocate(3, Lists, 1));
        Run(IoEntries.WriteZeroes(3, 12, 2));
        Assert.That(Run(IoEntries.Read(4, 10, 4, Data)), Is.EqualTo(StatusCode.Success));
        Assert.That(Run(IoEntries.Read(4, 14, 1, Data)), Is.EqualTo(unreadable));
        WriteList(IoEntries.Source(0, 2));
        Run(IoEntries.Copy(5, 14, Lists, 1));
        Assert.That(Run(IoEntries.Verify(6, 0, 1000)), Is.EqualTo(StatusCode.Success));
        Assert.That(_io.Task.Totals.Errors, Is.EqualTo(5));
    }

    [Test]
    public void A_write_that_fails_leaves_blocks_uncorrectable()
    {
        var disk = new ManualDisk { Answer = DiskStatus.Success };
        _io.AddNamespace(disk);
        Run(IoEntries.WriteUncorrectable(1, 0, 1));
        disk.Answer = DiskStatus.WriteFault;
        Run(IoEntries.Write(2, 0, 1, Data));
        disk.Answer = DiskStatus.Success;
        Assert.That(Run(IoEntries.Read(3, 0, 1, Data)).WithoutFlags(), Is.EqualTo(StatusCode.UnrecoveredReadError));
    }

    [Test]
    public void Commands_that_find_no_buffer_wait_for_one_and_others_go_on()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        const int Count = IoBufferPool.MaxBuffers + 3;
        for (ushort id = 0; id < Count; id++)
            _driver.Submit(IoEntries.Verify(id, id, 1));
        _driver.Submit(IoEntries.Read(100, 0, 1, Data));
        _io.Sleep();
        Assert.That(disk.Waiting, Has.Count.EqualTo(IoBufferPool.MaxBuffers + 1));
        for (int i = 0; i < Count + 1; i++)
        {
            disk.CompleteOne();
            _io.Turn();
        }
        Assert.That(_driver.ReapAll().Select(entry => (entry.CommandId, entry.Status)), Is.EquivalentTo(
            Enumerable.Range(0, Count).Append(100).Select(id => ((ushort)id, StatusCode.Success))));
    }

    [TestCase(IoOpcode.Verify)]
    [TestCase(IoOpcode.DatasetManagement)]
    [TestCase(IoOpcode.Copy)]
    public void Edge25_A_command_with_steps_left_ends_with_its_queue(IoOpcode opcode)
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        StartMany(opcode);
        bool removed = false;
        _io.Doorbells.Close(DoorbellMemory.TailId(1));
        _io.Task.PostRemoveQueue(1, () => removed = true);
        _io.Turn();
        Assert.That(removed, Is.False);
        disk.CompleteAll();
        _io.Turn();
        Assert.That(removed, Is.True);
        Assert.That(disk.Waiting, Is.Empty, "no further step");
        Assert.That(_driver.ReapAll().Select(entry => entry.Status),
            Is.EqualTo(Enumerable.Repeat(StatusCode.AbortedSqDeletion, 6)));
    }

    [TestCase(IoOpcode.Verify)]
    [TestCase(IoOpcode.DatasetManagement)]
    [TestCase(IoOpcode.Copy)]
    public void Edge34_A_command_with_steps_left_ends_with_a_stop(IoOpcode opcode)
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        StartMany(opcode);
        bool stopped = false;
        _io.Task.PostStop(() => stopped = true);
        _io.Turn();
        Assert.That(stopped, Is.False);
        disk.CompleteAll();
        _io.Turn();
        Assert.That(stopped, Is.True);
        Assert.That(disk.Waiting, Is.Empty);
        Assert.That(_driver.TryPeek(out _), Is.False);
    }

    [Test]
    public void Edge37_A_command_with_steps_left_ends_with_its_namespace()
    {
        var disk = new ManualDisk();
        _io.AddNamespace(disk);
        StartMany(IoOpcode.Copy);
        Namespace removed = _io.RemoveNamespace(1);
        int unused = 0;
        _io.Task.PostConfirmUnused(removed, () => unused++);
        _io.Turn();
        Assert.That(unused, Is.Zero);
        disk.CompleteAll();
        _io.Turn();
        Assert.That(unused, Is.EqualTo(1));
        Assert.That(_driver.ReapAll().Select(entry => entry.Status.WithoutFlags()),
            Is.EqualTo(Enumerable.Repeat(StatusCode.InvalidNamespaceOrFormat, 6)));
    }

    /// <summary>Six commands of two steps or more: more than there are buffers.</summary>
    private void StartMany(IoOpcode opcode)
    {
        byte[] item = opcode == IoOpcode.Copy ? IoEntries.Source(1, 1) : IoEntries.Range(1, 1);
        WriteList(item, item);
        for (ushort id = 0; id < 6; id++)
        {
            _driver.Submit(opcode switch
            {
                IoOpcode.Copy => IoEntries.Copy(id, 0, Lists, 2),
                IoOpcode.Verify => IoEntries.Verify(id, 0, 2 * PieceBlocks),
                _ => IoEntries.Deallocate(id, Lists, 2),
            });
        }
        _io.Turn();
    }

    private StatusCode Run(in SubmissionEntry entry)
    {
        _driver.Submit(in entry);
        CompletionEntry completion = default;
        bool isDone = false;
        for (int turns = 0; turns < 1000 && !isDone; turns++)
        {
            _io.Turn(1);
            isDone = _driver.TryReap(out completion);
        }
        Assert.That(isDone, Is.True, "completed");
        _driver.RingHead();
        Assert.That(completion.CommandId, Is.EqualTo(entry.CommandId));
        return completion.Status;
    }

    private byte[] Fill(ulong address, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        _io.Memory.TryWrite(address, bytes);
        return bytes;
    }

    private byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        _io.Memory.TryRead(address, bytes);
        return bytes;
    }

    private void WriteList(params byte[][] items) =>
        _io.Memory.TryWrite(Lists, [.. items.SelectMany(item => item)]);
}
