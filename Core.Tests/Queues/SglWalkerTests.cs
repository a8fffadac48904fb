using System.Runtime.InteropServices;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Queues;

public sealed class SglWalkerTests
{
    private const ulong Ram = 0x100_0000;
    private const ulong RamBytes = 4 << 20;
    private const ulong List = Ram + RamBytes - (256 << 10); // lists and data do not meet
    private const uint Bucket = uint.MaxValue; // in place of an offset

    private GuestMemory _memory = null!;
    private nint _host;

    [SetUp]
    public void Make()
    {
        _memory = new GuestMemory();
        _host = _memory.AllocateRegion(Ram, RamBytes);
    }

    [TearDown]
    public void Free() => _memory.Dispose();

    [TestCase(0ul, 512u)]
    [TestCase(1ul, 511u)]
    [TestCase(4095ul, 131072u)]
    public void Edge29_A_data_block_needs_no_segment(ulong offset, uint length)
    {
        StatusCode status = Walk(Data(Ram + offset, length), length, out List<(ulong, uint)> found);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(new[] { (Ram + offset, length) }));
    }

    [Test]
    public void Edge29_Segments_are_followed_to_the_last_and_neighbours_joined()
    {
        Write(List, Data(Ram, 512), Data(Ram + 512, 512), Data(Ram + 4096, 0), Next(List + 0x1008, 2));
        Write(List + 0x1008, Data(Ram + 8192, 100), Last(List + 0x2000, 2));
        Write(List + 0x2000, Data(Ram + 3, 1), Data(Ram + 5, 923));
        StatusCode status = Walk(Next(List, 4), 2048, out List<(ulong, uint)> found);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(new[] { (Ram, 1024u), (Ram + 8192, 100u), (Ram + 3, 1u), (Ram + 5, 923u) }));
    }

    [Test]
    public void Edge29_A_segment_longer_than_a_piece_is_read_whole()
    {
        Write(List, [.. Enumerable.Range(0, 200).Select(i => Data(Ram + (ulong)i * 1024, 512))]);
        StatusCode status = Walk(Last(List, 200), 200 * 512, out List<(ulong, uint)> found);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 200).Select(i => (Ram + (ulong)i * 1024, 512u))));
    }

    [Test]
    public void Edge29_A_bit_bucket_takes_what_is_read_and_is_nothing_in_what_is_written()
    {
        Write(List, Data(Ram, 512), Discard(200_000), Data(Ram + 4096, 512));
        StatusCode status = Walk(Last(List, 3), 201_024, out List<(ulong, uint)> found);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(new[]
        {
            (Ram, 512u), (Bucket, 65536u), (Bucket, 65536u), (Bucket, 65536u), (Bucket, 3392u), (Ram + 4096, 512u),
        }));
        status = Walk(Last(List, 3), 1024, out found, GuestAccess.ReadOnly);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(new[] { (Ram, 512u), (Ram + 4096, 512u) }));
        Assert.That(Walk(Discard(512), 512, out found), Is.EqualTo(StatusCode.Success));
        Assert.That(Walk(Discard(512), 512, out found, GuestAccess.ReadOnly), Is.EqualTo(StatusCode.DataSglLengthInvalid));
    }

    private static IEnumerable<TestCaseData> WrongLists()
    {
        // The transfer is of 1024 bytes; at List lies what each case puts there.
        SglDescriptor block = Data(Ram, 512);
        yield return Case("A_list_too_short", Last(List, 1), StatusCode.DataSglLengthInvalid, block);
        yield return Case("A_list_too_long", Last(List, 3), StatusCode.DataSglLengthInvalid, block, block, block);
        yield return Case("A_block_too_short", block, StatusCode.DataSglLengthInvalid);
        yield return Case("A_block_too_long", Data(Ram, 1025), StatusCode.DataSglLengthInvalid);
        yield return Case("A_block_of_4_GiB", Data(Ram, uint.MaxValue), StatusCode.DataSglLengthInvalid);
        yield return Case("A_block_of_nothing", Data(Ram, 0), StatusCode.DataSglLengthInvalid);

        foreach (SglDescriptorType type in (SglDescriptorType[])
            [SglDescriptorType.KeyedDataBlock, SglDescriptorType.TransportDataBlock, (SglDescriptorType)6,
                SglDescriptorType.VendorSpecific])
        {
            var wrong = new SglDescriptor(type, Ram, 512);
            yield return Case($"Type_{type}", wrong, StatusCode.SglDescriptorTypeInvalid);
            yield return Case($"Type_{type}_in_a_segment", Last(List, 2), StatusCode.SglDescriptorTypeInvalid, block, wrong);
        }
        foreach (SglDescriptor plain in (SglDescriptor[])[Data(Ram, 1024), Discard(1024), Next(List, 2), Last(List, 2)])
        {
            yield return Case($"An_offset_in_{plain.Type}",
                plain with { LengthAndIdentifier = plain.LengthAndIdentifier | 1ul << 56 },
                StatusCode.SglDescriptorTypeInvalid, block, block);
        }

        foreach (Func<ulong, uint, SglDescriptor> segment in (Func<ulong, uint, SglDescriptor>[])[NextBytes, LastBytes])
        {
            string name = segment(0, 0).Type.ToString();
            yield return Case($"{name}_of_no_length", segment(List, 0), StatusCode.InvalidSglSegmentDescriptor);
            yield return Case($"{name}_of_an_odd_length", segment(List, 24), StatusCode.InvalidSglSegmentDescriptor);
            yield return Case($"{name}_misaligned", segment(List + 4, 32), StatusCode.InvalidSglSegmentDescriptor);
            yield return Case($"{name}_over_the_end_of_addresses", segment(ulong.MaxValue - 7, 32),
                StatusCode.InvalidSglSegmentDescriptor);
            yield return Case($"{name}_outside_ram", segment(Ram + RamBytes, 32), StatusCode.DataTransferError);
            yield return Case($"{name}_partly_outside_ram", segment(Ram + RamBytes - 16, 32), StatusCode.DataTransferError);
        }
        yield return Case("A_segment_in_the_last_one", Last(List, 2), StatusCode.InvalidSglSegmentDescriptor,
            block, Next(List, 2));
        yield return Case("A_last_segment_in_the_last_one", Last(List, 2), StatusCode.InvalidSglSegmentDescriptor,
            Last(List, 2), block);
        yield return Case("A_segment_that_ends_in_data", Next(List, 2), StatusCode.InvalidSglSegmentDescriptor,
            block, block);
        yield return Case("A_segment_in_the_middle_of_one", Next(List, 2), StatusCode.InvalidSglDescriptorCount,
            Last(List, 2), block);

        yield return Case("A_block_outside_ram", Last(List, 2), StatusCode.DataTransferError, block,
            Data(Ram + RamBytes, 512));
        yield return Case("A_block_partly_outside_ram", Data(Ram + RamBytes - 512, 1024), StatusCode.DataTransferError);
        yield return Case("A_block_over_the_end_of_addresses", Data(ulong.MaxValue - 511, 1024),
            StatusCode.DataTransferError);
        yield return Case("A_segment_that_points_to_itself", Next(List, 1), StatusCode.InvalidSglDescriptorCount,
            Next(List, 1));
        yield return Case("A_segment_with_data_that_points_to_itself", Next(List, 2), StatusCode.DataSglLengthInvalid,
            block, Next(List, 2));
    }

    [TestCaseSource(nameof(WrongLists))]
    public void Edge29_Wrong_list(SglDescriptor first, StatusCode status, SglDescriptor[] list)
    {
        Write(List, list);
        Assert.That(Walk(first, 1024, out _), Is.EqualTo(status));
    }

    [Test]
    public void Edge29_Descriptors_without_data_are_borne_in_number()
    {
        int count = SglWalker.MaxEmptyDescriptors;
        Write(List, [.. Enumerable.Repeat(Data(Ram, 0), count + 1), Data(Ram, 512)]);
        Assert.That(Walk(Last(List + 16, (uint)count + 1), 512, out _), Is.EqualTo(StatusCode.Success));
        Assert.That(Walk(Last(List, (uint)count + 2), 512, out _), Is.EqualTo(StatusCode.InvalidSglDescriptorCount));
    }

    [Test]
    public void More_stretches_than_there_is_room_for_are_too_many_descriptors()
    {
        Write(List, [.. Enumerable.Range(0, 301).Select(i => Data(Ram + (ulong)i * 1024, 512))]);
        Assert.That(Walk(Last(List, 300), 300 * 512, out _), Is.EqualTo(StatusCode.Success));
        Assert.That(Walk(Last(List, 301), 301 * 512, out _), Is.EqualTo(StatusCode.InvalidSglDescriptorCount));
    }

    [Test]
    public void Lists_and_data_may_cross_regions()
    {
        const ulong Low = 0x40_0000;
        _memory.AddRegion(Low, _host + 65536, 4096);
        _memory.AddRegion(Low + 4096, _host, 8192);
        Write(Low + 4096 - 16, Data(Low + 2048, 4096), Data(Ram, 512));
        Assert.That(Walk(Last(Low + 4096 - 16, 2), 4608, out List<(ulong, uint)> found), Is.EqualTo(StatusCode.Success));
        Assert.That(found, Is.EqualTo(new[] { (Ram + 65536 + 2048, 2048u), (Ram, 2048u), (Ram, 512u) }));
    }

    [Test]
    public void Read_only_memory_is_read_and_not_written()
    {
        const ulong Rom = 0x10_0000;
        _memory.AddRegion(Rom, _host, 8192, GuestAccess.ReadOnly);
        Assert.That(Walk(Data(Rom, 512), 512, out _, GuestAccess.ReadOnly), Is.EqualTo(StatusCode.Success));
        Assert.That(Walk(Data(Rom, 512), 512, out _), Is.EqualTo(StatusCode.DataTransferError));
    }

    [Test]
    public void Edge31_A_list_that_changes_while_it_is_walked_gives_ram_or_an_error()
    {
        const uint Length = 31 * 512;
        Write(List, [.. Enumerable.Range(0, 31).Select(i => Data(Ram + (ulong)i * 8192, 512))]);
        bool stop = false;
        var guest = new Thread(() =>
        {
            SglDescriptor[] values =
                [Data(Ram, 512), Data(Ram + RamBytes, 512), Data(Ram, uint.MaxValue), Next(List, 31), Discard(512), default];
            for (int i = 0; !Volatile.Read(ref stop); i++)
                Write(List + (ulong)(i % 31) * 16, values[i % values.Length]);
        });
        guest.Start();
        try
        {
            for (int i = 0; i < 20_000; i++)
            {
                var segments = new GuestSegment[40];
                new SglWalker(_memory).Walk(Last(List, 31), Length, GuestAccess.ReadWrite, segments, out int count);
                for (int j = 0; j < count; j++)
                {
                    long start = segments[j].Address - _host;
                    bool isInRam = start >= 0 && start + (long)segments[j].LengthBytes <= (long)RamBytes;
                    if (!isInRam && !IsBucket(segments[j]))
                        Assert.Fail($"Stretch {j} is outside of RAM.");
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            guest.Join();
        }
    }

    private static SglDescriptor Data(ulong address, uint length) => new(SglDescriptorType.DataBlock, address, length);

    private static SglDescriptor Discard(uint length) => new(SglDescriptorType.BitBucket, 0, length);

    private static SglDescriptor Next(ulong address, uint descriptors) => NextBytes(address, descriptors * 16);

    private static SglDescriptor Last(ulong address, uint descriptors) => LastBytes(address, descriptors * 16);

    private static SglDescriptor NextBytes(ulong address, uint length) => new(SglDescriptorType.Segment, address, length);

    private static SglDescriptor LastBytes(ulong address, uint length) =>
        new(SglDescriptorType.LastSegment, address, length);

    private static TestCaseData Case(string name, SglDescriptor first, StatusCode status, params SglDescriptor[] list) =>
        new TestCaseData(first, status, list).SetName($"Edge29_{name}");

    private static bool IsBucket(GuestSegment segment) =>
        segment.Address == BitBucket.Address && segment.LengthBytes <= BitBucket.LengthBytes;

    private StatusCode Walk(
        SglDescriptor first,
        uint length,
        out List<(ulong Address, uint Length)> found,
        GuestAccess access = GuestAccess.ReadWrite)
    {
        var segments = new GuestSegment[300];
        StatusCode status = new SglWalker(_memory).Walk(first, length, access, segments, out int count);
        found = [.. segments.Take(count).Select(segment => (
            IsBucket(segment) ? Bucket : Ram + (ulong)(segment.Address - _host), (uint)segment.LengthBytes))];
        return status;
    }

    private void Write(ulong at, params SglDescriptor[] descriptors) =>
        _memory.TryWrite(at, MemoryMarshal.AsBytes<SglDescriptor>(descriptors));
}
