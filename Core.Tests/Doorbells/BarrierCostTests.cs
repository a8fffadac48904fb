using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

public sealed class BarrierCostTests
{
    private const int Majority = BarrierCost.Samples / 2 + 1;

    [Test]
    public void Barriers_of_forty_microseconds_are_dear() =>
        Assert.That(BarrierCost.AreDear(Times(slow: BarrierCost.Samples)), Is.True);

    [Test]
    public void Barriers_of_one_microsecond_are_cheap() => Assert.That(BarrierCost.AreDear(Times(slow: 0)), Is.False);

    [Test]
    public void A_few_barriers_that_were_disturbed_decide_nothing([Values] bool atTheEnd)
    {
        long[] times = Times(slow: BarrierCost.Samples - Majority);
        if (atTheEnd)
            Array.Reverse(times);
        Assert.That(BarrierCost.AreDear(times), Is.False);
    }

    [Test]
    public void A_few_barriers_that_interrupted_nobody_decide_nothing([Values] bool atTheEnd)
    {
        long[] times = Times(slow: Majority);
        if (atTheEnd)
            Array.Reverse(times);
        Assert.That(BarrierCost.AreDear(times), Is.True);
    }

    [Test]
    public void Barriers_are_cheap_where_no_other_thread_was_seen_to_run() =>
        Assert.That(BarrierCost.AreDear(Times(slow: BarrierCost.Samples).AsSpan(0, BarrierCost.Least - 1)), Is.False);

    [TestCase(0, 0)]
    [TestCase(30_000, BarrierCost.Samples)]
    public void Barriers_are_timed_while_another_thread_runs_as_long_as_there_is_patience(double patienceMilliseconds, int count)
    {
        var ticks = new long[BarrierCost.Samples];
        Assert.That(BarrierCost.Time(ticks, patienceMilliseconds), Is.EqualTo(count));
        Assert.That(ticks[..count], Is.All.GreaterThan(0));
    }

    [Test]
    public void Memories_that_measure_take_what_the_process_has_measured()
    {
        using DoorbellMemory one = new(2, barrier: DoorbellBarrier.Measured);
        using DoorbellMemory other = new(2, barrier: DoorbellBarrier.Measured);
        bool isAsymmetric = StoreLoad.HasProcessWide && !BarrierCost.IsDear;
        Assert.That((one.IsAsymmetric, other.IsAsymmetric), Is.EqualTo((isAsymmetric, isAsymmetric)));
    }

    /// <summary>So many slow ones first, of 40 µs, and fast ones of 1 µs.</summary>
    private static long[] Times(int slow)
    {
        var times = new long[BarrierCost.Samples];
        for (int index = 0; index < times.Length; index++)
            times[index] = Stopwatch.Frequency * (index < slow ? 40 : 1) / 1_000_000;
        return times;
    }
}
