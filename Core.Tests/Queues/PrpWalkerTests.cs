using NvmeDoorbell.Memory;
using NvmeDoorbell.Queues;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Tests.Queues;

public sealed class PrpWalkerTests
{
    private const ulong Ram = 0x100_0000;
    private const ulong RamBytes = 4 << 20;
    private const ulong List = Ram + RamBytes - (256 << 10); // lists and data do not meet

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

    [TestCase(0u, 512u)]
    [TestCase(0u, 4096u)]
    [TestCase(4u, 4092u)]
    [TestCase(4092u, 4u)]
    public void Edge28_One_page_needs_one_entry(uint offset, uint length) =>
        AssertWalk(4096, Ram + offset, 0xBAD, length, [(Ram + offset, length)]);

    [TestCase(4096, 0u, 8192u)]
    [TestCase(4096, 512u, 4096u)]
    [TestCase(65536, 0u, 131072u)]
    [TestCase(8192, 8188u, 4100u)]
    public void Edge28_Two_pages_need_no_list(int page, uint offset, uint length)
    {
        ulong second = Ram + 8 * (ulong)page;
        AssertWalk(page, Ram + offset, second, length,
            [(Ram + offset, (uint)page - offset), (second, length - ((uint)page - offset))]);
    }

    // Pages in reverse, so that no two join; offsets of the first page and of the list.
    [TestCase(4096, 0u, 0u, 131072u)]
    [TestCase(4096, 512u, 0u, 131072u)]
    [TestCase(4096, 3584u, 4080u, 131072u)] // list of two entries: the second is a pointer already
    [TestCase(4096, 0u, 4088u, 16384u)] // list entered at its pointer
    [TestCase(4096, 0u, 4064u, 20480u)] // exactly fills the page: the last entry is data
    [TestCase(4096, 0u, 8u, 1u << 20)]
    [TestCase(8192, 2048u, 8184u, 65536u)]
    [TestCase(65536, 65024u, 65520u, 524288u)]
    public void Edge28_Lists_start_anywhere_and_chain_over_pages(int page, uint offset, uint listOffset, uint length)
    {
        uint pageBytes = (uint)page;
        ulong top = Ram + (3ul << 20);
        var expected = new List<(ulong, uint)>();
        var pages = new List<ulong>();
        uint rest = length;
        for (int i = 0; rest > 0; i++)
        {
            ulong address = top - (ulong)(i + 1) * pageBytes;
            uint piece = Math.Min(rest, i == 0 ? pageBytes - offset : pageBytes);
            expected.Add((address + (i == 0 ? offset : 0), piece));
            if (i > 0)
                pages.Add(address);
            rest -= piece;
        }
        ulong list = (List + pageBytes - 1) / pageBytes * pageBytes;
        WriteList(list + listOffset, pages, pageBytes);
        AssertWalk(page, top - pageBytes + offset, list + listOffset, length, expected);
    }

    [Test]
    public void Neighbours_in_host_memory_become_one_segment()
    {
        WriteList(List, [.. Enumerable.Range(1, 31).Select(i => Ram + (ulong)i * 4096)], 4096);
        AssertWalk(4096, Ram, List, 131072, [(Ram, 131072)]);
    }

    [TestCase(1ul)]
    [TestCase(2ul)]
    [TestCase(3ul)]
    public void Edge28_A_first_entry_that_is_no_multiple_of_4_is_an_invalid_offset(ulong offset) =>
        AssertStatus(Ram + offset, 0, 512, StatusCode.PrpOffsetInvalid);

    [Test]
    public void Edge28_Later_entries_with_an_offset_are_invalid()
    {
        AssertStatus(Ram, Ram + 4096 + 512, 8192, StatusCode.PrpOffsetInvalid);
        AssertStatus(Ram, List + 4, 16384, StatusCode.PrpOffsetInvalid);
        WriteList(List, [Ram + 4096, Ram + 8192 + 4, Ram + 12288], 4096);
        AssertStatus(Ram, List, 16384, StatusCode.PrpOffsetInvalid);
        Write(List + 4088, List + 4096 + 8); // a pointer to the middle of a page
        AssertStatus(Ram, List + 4088, 16384, StatusCode.PrpOffsetInvalid);
    }

    [Test]
    public void Edge28_Entries_outside_ram_are_a_transfer_error()
    {
        const ulong Outside = Ram + RamBytes;
        AssertStatus(Outside, 0, 512, StatusCode.DataTransferError);
        AssertStatus(Ram, Outside, 8192, StatusCode.DataTransferError);
        AssertStatus(Ram, Outside, 16384, StatusCode.DataTransferError);
        WriteList(List, [Ram + 4096, Outside, Ram + 12288], 4096);
        AssertStatus(Ram, List, 16384, StatusCode.DataTransferError);
        Write(List + 4088, Outside);
        AssertStatus(Ram, List + 4088, 16384, StatusCode.DataTransferError);
        AssertStatus(ulong.MaxValue - 4095, ulong.MaxValue - 4095, 8192, StatusCode.DataTransferError);
        AssertStatus(Ram, ulong.MaxValue - 7, 16384, StatusCode.DataTransferError);
    }

    [Test]
    public void Edge28_A_list_that_points_to_itself_ends()
    {
        // Every pointer leads back to the page's start, every entry to one page: 1 MiB is walked and no more.
        for (uint i = 0; i < 511; i++)
            Write(List + i * 8, Ram + 4096);
        Write(List + 4088, List);
        var walker = new PrpWalker(_memory);
        var segments = new GuestSegment[PrpWalker.MaxSegments(16 << 20)];
        StatusCode status = walker.Walk(
            Ram, List + 4088, 16 << 20, GuestAccess.ReadWrite, segments, out int count);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(segments.Take(count).Sum(segment => (long)segment.LengthBytes), Is.EqualTo(16 << 20));
    }

    [Test]
    public void Edge28_Random_transfers_are_found_byte_for_byte()
    {
        int seed = Seed.Next();
        TestContext.Out.WriteLine(Seed.Replay(seed));
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++)
        {
            uint pageBytes = 4096u << random.Next(5);
            uint offset = (uint)random.Next((int)pageBytes / 4) * 4;
            uint length = (uint)random.Next(1, random.Next(2) == 0 ? 1 << 15 : 1 << 20);
            uint listOffset = (uint)random.Next((int)pageBytes / 8) * 8;
            uint dataPages = (3u << 20) / pageBytes;
            // Any page any number of times: the guest may do that.
            uint needed = (offset + length + pageBytes - 1) / pageBytes;
            List<ulong> pages = [.. Enumerable.Range(0, (int)needed)
                .Select(_ => Ram + (ulong)random.Next((int)dataPages) * pageBytes)];
            ulong list = (List + pageBytes - 1) / pageBytes * pageBytes + listOffset;
            ulong prp2 = needed switch { 1 => ulong.MaxValue, 2 => pages[1], _ => list };
            if (needed > 2)
                WriteList(list, pages[1..], pageBytes);
            var segments = new GuestSegment[PrpWalker.MaxSegments(length)];
            StatusCode status = new PrpWalker(_memory, (int)pageBytes).Walk(
                pages[0] + offset, prp2, length, GuestAccess.ReadWrite, segments, out int count);
            Assert.That(status, Is.EqualTo(StatusCode.Success), $"Round {round}. {Seed.Replay(seed)}");
            Assert.That(
                Flatten(segments[..count]), Is.EqualTo(Flatten(Slice(pages, offset, length, pageBytes))),
                $"Round {round}. {Seed.Replay(seed)}");
        }
    }

    [Test]
    public void Edge31_A_list_that_changes_while_it_is_walked_gives_ram_or_an_error()
    {
        const uint Length = 128 << 10;
        WriteList(List, [.. Enumerable.Range(1, 31).Select(i => Ram + (ulong)i * 8192)], 4096);
        bool stop = false;
        var guest = new Thread(() =>
        {
            ulong[] values = [Ram + 4096, Ram + RamBytes, Ram + 4097, ulong.MaxValue, 0, Ram + 8192];
            for (int i = 0; !Volatile.Read(ref stop); i++)
                Write(List + (ulong)(i % 31) * 8, values[i % values.Length]);
        });
        guest.Start();
        var walker = new PrpWalker(_memory);
        var segments = new GuestSegment[PrpWalker.MaxSegments(Length)];
        try
        {
            for (int i = 0; i < 20_000; i++)
            {
                StatusCode status = walker.Walk(Ram, List, Length, GuestAccess.ReadWrite, segments, out int count);
                if (status is not (StatusCode.Success or StatusCode.PrpOffsetInvalid or StatusCode.DataTransferError))
                    Assert.Fail($"{status}");
                for (int j = 0; j < count; j++)
                {
                    nint start = segments[j].Address - _host;
                    if (start < 0 || (ulong)start + segments[j].LengthBytes > RamBytes)
                        Assert.Fail($"Segment {j} is outside of RAM.");
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            guest.Join();
        }
    }

    [Test]
    public void Read_only_memory_is_read_and_not_written()
    {
        const ulong Rom = 0x10_0000;
        _memory.AddRegion(Rom, _host, 8192, GuestAccess.ReadOnly);
        var walker = new PrpWalker(_memory);
        var segments = new GuestSegment[4];
        Assert.That(
            walker.Walk(Rom, 0, 4096, GuestAccess.ReadOnly, segments, out _), Is.EqualTo(StatusCode.Success));
        Assert.That(
            walker.Walk(Rom, 0, 4096, GuestAccess.ReadWrite, segments, out _),
            Is.EqualTo(StatusCode.DataTransferError));
    }

    [Test]
    public void A_large_page_may_lie_in_several_regions()
    {
        const ulong Low = 0x40_0000;
        _memory.AddRegion(Low, _host + 65536, 4096);
        _memory.AddRegion(Low + 4096, _host, 8192);
        var walker = new PrpWalker(_memory, 65536);
        var segments = new GuestSegment[PrpWalker.MaxSegments(65536)];
        StatusCode status = walker.Walk(Low + 512, 0, 8192, GuestAccess.ReadWrite, segments, out int count);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            segments.Take(count).Select(segment => (segment.Address - _host, (uint)segment.LengthBytes)),
            Is.EqualTo(new[] { ((nint)65536 + 512, 3584u), ((nint)0, 4608u) }));
        Assert.That(
            walker.Walk(Low, 0, 65536, GuestAccess.ReadWrite, segments, out _),
            Is.EqualTo(StatusCode.DataTransferError));
    }

    [Test]
    public void The_most_segments_a_transfer_can_need_fit()
    {
        const uint Length = 1 << 20;
        ulong top = Ram + (3ul << 20);
        WriteList(List, [.. Enumerable.Range(2, 256).Select(i => top - (ulong)i * 4096)], 4096);
        var segments = new GuestSegment[PrpWalker.MaxSegments(Length)];
        StatusCode status = new PrpWalker(_memory).Walk(
            top - 4096 + 4, List, Length, GuestAccess.ReadWrite, segments, out int count);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(count, Is.EqualTo(257));
    }

    [Test]
    public void Page_sizes_are_powers_of_two_from_4_to_64_KiB() =>
        Assert.That(
            ((int[])[0, 2048, 4097, 12288, 131072]).All(
                page => Assert.Catch<ArgumentOutOfRangeException>(() => new PrpWalker(_memory, page)) is not null));

    private void AssertStatus(ulong prp1, ulong prp2, uint length, StatusCode status)
    {
        var segments = new GuestSegment[PrpWalker.MaxSegments(length)];
        StatusCode found = new PrpWalker(_memory).Walk(
            prp1, prp2, length, GuestAccess.ReadWrite, segments, out _);
        Assert.That(found, Is.EqualTo(status));
    }

    private void AssertWalk(
        int page, ulong prp1, ulong prp2, uint length, IReadOnlyList<(ulong Address, uint Length)> expected)
    {
        var segments = new GuestSegment[PrpWalker.MaxSegments(length)];
        StatusCode status = new PrpWalker(_memory, page).Walk(
            prp1, prp2, length, GuestAccess.ReadWrite, segments, out int count);
        Assert.That(status, Is.EqualTo(StatusCode.Success));
        Assert.That(
            segments.Take(count).Select(segment => (Ram + (ulong)(segment.Address - _host), (uint)segment.LengthBytes)),
            Is.EqualTo(expected));
    }

    private IEnumerable<GuestSegment> Slice(List<ulong> pages, uint offset, uint length, uint pageBytes)
    {
        for (int i = 0; length > 0; i++)
        {
            uint piece = Math.Min(length, pageBytes - offset);
            yield return new GuestSegment(_host + (nint)(pages[i] - Ram + offset), piece);
            length -= piece;
            offset = 0;
        }
    }

    /// <summary>Joins neighbours, so that two ways to cut the same bytes are equal.</summary>
    private static List<(nint Address, nuint Length)> Flatten(IEnumerable<GuestSegment> segments)
    {
        var joined = new List<(nint Address, nuint Length)>();
        foreach (GuestSegment segment in segments)
        {
            if (joined.Count > 0 && joined[^1].Address + (nint)joined[^1].Length == segment.Address)
                joined[^1] = (joined[^1].Address, joined[^1].Length + segment.LengthBytes);
            else
                joined.Add((segment.Address, segment.LengthBytes));
        }
        return joined;
    }

    /// <summary>Writes a list from any entry of a page on, chained through pages that follow.</summary>
    private void WriteList(ulong at, List<ulong> entries, uint pageBytes)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            bool isLastOfPage = (at + 8) % pageBytes == 0;
            if (isLastOfPage && i < entries.Count - 1)
            {
                Write(at, at + 8);
                at += 8;
            }
            Write(at, entries[i]);
            at += 8;
        }
    }

    private void Write(ulong at, ulong value) => _memory.TryWrite(at, BitConverter.GetBytes(value));
}
