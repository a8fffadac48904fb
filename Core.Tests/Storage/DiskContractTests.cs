using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Tests.Storage;

/// <summary>The contract of <see cref="IDisk"/>, one run for every disk.</summary>
[TestFixtureSource(typeof(DiskUnderTest), nameof(DiskUnderTest.All))]
public sealed class DiskContractTests(DiskUnderTest kind)
{
    private const int DiskBytes = 1 << 20;

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("nvmedb-disk-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(512)]
    [TestCase(4096)]
    public void It_says_what_it_is(int blockBytes)
    {
        using IDisk disk = Create(blockBytes);
        Assert.That(disk.BlockBytes, Is.EqualTo(blockBytes));
        Assert.That(disk.LengthBytes, Is.EqualTo(DiskBytes));
        Assert.That(disk.IsReadOnly, Is.False);
    }

    [Test]
    public void A_new_disk_reads_as_zeroes()
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(DiskBytes);
        using var request = new TestRequest();
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [Test]
    public void What_is_written_by_some_segments_is_read_by_others([Values] bool forceUnitAccess)
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(64 * 1024);
        using var request = new TestRequest();
        byte[] before = GuestRam.Pattern(64 * 1024, 1);
        byte[] written = new byte[before.Length];
        int[] cuts = [1, 511, 4096, 3, 8191, 4097, 20000, 28637];
        Assert.That(cuts.Sum(), Is.EqualTo(before.Length));
        Reorder(before, cuts, written);

        before.CopyTo(ram.Bytes);
        request.Set(DiskOperation.Write, 4096, ram, cuts).ForceUnitAccess = forceUnitAccess;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.Success));
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 4096, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));

        Assert.That(ram.Bytes.SequenceEqual(Kept(written)), Is.True);
    }

    [Test]
    public void A_write_and_zeroes_leave_the_neighbours_alone()
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(DiskBytes);
        using var small = new GuestRam(1536);
        using var request = new TestRequest();
        byte[] expected = GuestRam.Pattern(DiskBytes, 2);
        expected.CopyTo(ram.Bytes);
        Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));

        small.Fill(0x5A);
        Assert.That(request.Set(DiskOperation.Write, 512, small).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        expected.AsSpan(512, 1536).Fill(0x5A);
        Assert.That(request.Set(DiskOperation.WriteZeroes, 8192 + 512, 600 * 512).RunOn(disk),
            Is.EqualTo(DiskStatus.Success));
        expected.AsSpan(8192 + 512, 600 * 512).Clear();
        request.Set(DiskOperation.WriteZeroes, DiskBytes - 4096, 4096).ForceUnitAccess = true;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.Success));
        expected.AsSpan(DiskBytes - 4096).Clear();

        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(Kept(expected)), Is.True);
    }

    [Test]
    public void What_is_discarded_reads_as_zeroes_or_is_untouched_and_the_neighbours_are_left_alone(
        [Values(8192, 8192 + 512)] int offset, [Values(512, 200 * 512)] int length)
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(DiskBytes);
        using var request = new TestRequest();
        byte[] expected = GuestRam.Pattern(DiskBytes, 4);
        expected.CopyTo(ram.Bytes);
        Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));

        DiskStatus status = request.Set(DiskOperation.Discard, (ulong)offset, (ulong)length).RunOn(disk);
        Assert.That(status, Is.EqualTo(DiskStatus.Success).Or.EqualTo(DiskStatus.NotSupported));
        if (status == DiskStatus.Success)
            expected.AsSpan(offset, length).Clear();

        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(Kept(expected)), Is.True);
    }

    [Test]
    public void Zeroes_that_may_be_deallocated_read_as_zeroes()
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(DiskBytes);
        using var request = new TestRequest();
        byte[] expected = GuestRam.Pattern(DiskBytes, 5);
        expected.CopyTo(ram.Bytes);
        Assert.That(request.Set(DiskOperation.Write, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));

        request.Set(DiskOperation.WriteZeroes, 512, 100 * 512).MayDeallocate = true;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.Success));
        expected.AsSpan(512, 100 * 512).Clear();

        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(Kept(expected)), Is.True);
    }

    [Test]
    public void A_disk_that_can_be_resized_says_so_and_is_then_that_long()
    {
        using IDisk disk = Create();
        if (disk is not IResizableDisk resizable)
            return;
        using var ram = new GuestRam(512);
        using var request = new TestRequest();
        List<ulong> told = [];
        resizable.LengthChanged += () => told.Add(disk.LengthBytes);
        ram.Fill(0x5A);
        Assert.That(request.Set(DiskOperation.Write, DiskBytes - 1024, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));

        resizable.Resize(DiskBytes - 512);
        Assert.That(request.Set(DiskOperation.Read, DiskBytes - 512, ram).RunOn(disk),
            Is.EqualTo(DiskStatus.InternalError));
        resizable.Resize(DiskBytes);
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, DiskBytes - 1024, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept(kind.KeepsData ? (byte)0x5A : (byte)0), Is.EqualTo(-1));
        Assert.That(request.Set(DiskOperation.Read, DiskBytes - 512, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(told, Is.EqualTo(new ulong[] { DiskBytes - 512, DiskBytes }));
        Assert.That(() => resizable.Resize(DiskBytes - 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => resizable.Resize(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        disk.Dispose();
        Assert.That(() => resizable.Resize(DiskBytes), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void A_flush_succeeds()
    {
        using IDisk disk = Create();
        using var request = new TestRequest();
        Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Success));
    }

    [TestCase(DiskOperation.Read)]
    [TestCase(DiskOperation.Write)]
    [TestCase(DiskOperation.WriteZeroes)]
    [TestCase(DiskOperation.Discard)]
    public void A_request_of_no_bytes_succeeds(DiskOperation operation)
    {
        using IDisk disk = Create();
        using var request = new TestRequest();
        DiskStatus status = request.Set(operation, DiskBytes).RunOn(disk);
        Assert.That(status, Is.EqualTo(DiskStatus.Success)
            .Or.EqualTo(operation == DiskOperation.Discard ? DiskStatus.NotSupported : DiskStatus.Success));
    }

    [Test]
    public void A_transfer_may_have_more_segments_than_the_system_takes_at_once()
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(2560 * 32);
        using var request = new TestRequest(2560);
        int[] cuts = [.. Enumerable.Repeat(32, 2560)];
        byte[] before = GuestRam.Pattern(cuts.Sum(), 3);
        byte[] written = new byte[before.Length];
        Reorder(before, cuts, written);

        before.CopyTo(ram.Bytes);
        Assert.That(request.Set(DiskOperation.Write, 0, ram, cuts).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(request.SegmentCount, Is.EqualTo(2560));
        ram.Fill(0xEE);
        Assert.That(request.Set(DiskOperation.Read, 0, ram, cuts).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(Kept(before)), Is.True);
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.SequenceEqual(Kept(written)), Is.True);
    }

    [Test]
    public void Edge30_A_range_beyond_the_disk_is_an_error_and_touches_nothing(
        [Values(DiskOperation.Read, DiskOperation.Write, DiskOperation.WriteZeroes, DiskOperation.Discard)] DiskOperation operation,
        [Values(DiskBytes + 0UL, DiskBytes - 512UL, 1UL << 40, ulong.MaxValue - 511, ulong.MaxValue)] ulong offset)
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(1024);
        using var request = new TestRequest();
        ram.Fill(0xEE);
        request.Set(operation, offset, ram);
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.InternalError));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0xEE), Is.EqualTo(-1));
        Assert.That(request.Set(DiskOperation.Read, DiskBytes - 1024, ram).RunOn(disk), Is.EqualTo(DiskStatus.Success));
        Assert.That(ram.Bytes.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [TestCase(DiskOperation.Read, 512UL)]
    [TestCase(DiskOperation.Read, 4096UL)]
    [TestCase(DiskOperation.Write, 512UL)]
    [TestCase(DiskOperation.Write, 4096UL)]
    [TestCase(DiskOperation.Write, ulong.MaxValue)]
    public void Segments_that_do_not_add_up_to_the_length_are_an_error(DiskOperation operation, ulong lengthBytes)
    {
        using IDisk disk = Create();
        using var ram = new GuestRam(1024);
        using var request = new TestRequest();
        request.Set(operation, 0, ram).LengthBytes = lengthBytes;
        Assert.That(request.RunOn(disk), Is.EqualTo(DiskStatus.InternalError));
    }

    [Test]
    public void An_operation_it_does_not_know_is_not_supported()
    {
        using IDisk disk = Create();
        using var request = new TestRequest();
        Assert.That(request.Set((DiskOperation)200).RunOn(disk), Is.EqualTo(DiskStatus.NotSupported));
    }

    [Test]
    public void After_dispose_requests_are_aborted_and_dispose_may_be_called_again()
    {
        IDisk disk = Create();
        using var ram = new GuestRam(512);
        using var request = new TestRequest();
        disk.Dispose();
        disk.Dispose();
        Assert.That(request.Set(DiskOperation.Read, 0, ram).RunOn(disk), Is.EqualTo(DiskStatus.Aborted));
        Assert.That(request.Set(DiskOperation.Flush).RunOn(disk), Is.EqualTo(DiskStatus.Aborted));
    }

    private IDisk Create(int blockBytes = 512) => kind.Create(Path.Combine(_folder, "disk.img"), DiskBytes, blockBytes);

    private ReadOnlySpan<byte> Kept(byte[] written) => kind.KeepsData ? written : new byte[written.Length];

    // TestRequest lays its segments from the end of the buffer to its start: what a disk then gets is this.
    private static void Reorder(ReadOnlySpan<byte> memory, ReadOnlySpan<int> lengths, Span<byte> disk)
    {
        int end = memory.Length;
        int at = 0;
        foreach (int length in lengths)
        {
            end -= length;
            memory.Slice(end, length).CopyTo(disk[at..]);
            at += length;
        }
    }
}
