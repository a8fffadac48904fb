using NvmeDoorbell.Controller;

namespace NvmeDoorbell.Tests.Controller;

public sealed class ByteRangesTests
{
    [Test]
    public void It_is_the_set_of_what_was_put_in_and_not_taken_out()
    {
        const int Size = 64;
        int seed = Seed.Next();
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            var ranges = new ByteRanges(Size);
            var expected = new bool[Size];
            for (int step = 0; step < 60; step++)
            {
                int start = random.Next(Size);
                int length = random.Next(1, Size - start + 1);
                bool adds = random.Next(2) == 0;
                if (adds)
                    Assert.That(ranges.TryAdd((ulong)start, (ulong)length), Is.True, Seed.Replay(seed));
                else
                    ranges.Remove((ulong)start, (ulong)length);
                expected.AsSpan(start, length).Fill(adds);
                for (int i = 0; i < Size; i++)
                    Assert.That(ranges.Overlaps((ulong)i, 1), Is.EqualTo(expected[i]), Seed.Replay(seed));
                Assert.That(ranges.Count, Is.EqualTo(CountRuns(expected)), Seed.Replay(seed));
            }
        }
    }

    [Test]
    public void A_range_overlaps_with_its_last_byte_and_not_with_the_one_after()
    {
        var ranges = new ByteRanges(4);
        ranges.TryAdd(10, 5);
        Assert.That(ranges.Overlaps(0, 10), Is.False);
        Assert.That(ranges.Overlaps(0, 11), Is.True);
        Assert.That(ranges.Overlaps(14, 100), Is.True);
        Assert.That(ranges.Overlaps(15, 100), Is.False);
    }

    [Test]
    public void It_holds_no_more_ranges_than_it_may()
    {
        var ranges = new ByteRanges(2);
        Assert.That(ranges.TryAdd(0, 10), Is.True);
        Assert.That(ranges.TryAdd(20, 10), Is.True);
        Assert.That(ranges.TryAdd(40, 10), Is.False);
        Assert.That(ranges.TryAdd(30, 10), Is.True, "what touches one needs no more");
        ranges.Remove(4, 2);
        Assert.That(ranges.Count, Is.EqualTo(2));
        Assert.That((ranges.Overlaps(0, 4), ranges.Overlaps(6, 4), ranges.Overlaps(20, 1)), Is.EqualTo((true, false, true)));
    }

    private static int CountRuns(bool[] set)
    {
        int runs = 0;
        for (int i = 0; i < set.Length; i++)
            runs += set[i] && (i == 0 || !set[i - 1]) ? 1 : 0;
        return runs;
    }
}
