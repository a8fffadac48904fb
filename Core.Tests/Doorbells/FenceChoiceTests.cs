using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

public sealed class FenceChoiceTests
{
    private static readonly long Microsecond = Stopwatch.Frequency / 1_000_000;

    private FenceChoice _choice;
    private long _nowTicks;

    [SetUp]
    public void SetUp() => _choice = new FenceChoice(_nowTicks = 1000 * Microsecond);

    [Test]
    public void It_is_time_to_choose_after_every_sixty_fourth_sleep()
    {
        for (int round = 0; round < 2; round++)
        {
            for (int sleep = 1; sleep < FenceChoice.SleepsPerLook; sleep++) Assert.That(_choice.Count(0), Is.False);
            Assert.That(_choice.Count(0), Is.True);
            _choice.Choose(_nowTicks);
        }
    }

    // 64 sleeps of 10 µs are 640 µs: 2 % of 32 ms.
    [TestCase(31, true)]
    [TestCase(33, false)]
    public void Ringers_fence_where_the_barriers_take_much_of_a_core(int passedMs, bool chosen)
    {
        Sleep(FenceChoice.SleepsPerLook, 10 * Microsecond);
        _choice.Choose(After(passedMs));
        Assert.That(_choice.Ringers, Is.EqualTo(chosen));
    }

    // 0.5 % of 128 ms.
    [TestCase(33, true)]
    [TestCase(127, true)]
    [TestCase(129, false)]
    public void They_go_on_until_the_barriers_which_are_not_run_would_take_little(int passedMs, bool chosen)
    {
        HaveRingersFence(10 * Microsecond);
        Sleep(FenceChoice.SleepsPerLook, 0);
        _choice.Choose(After(passedMs));
        Assert.That(_choice.Ringers, Is.EqualTo(chosen));
    }

    [Test]
    public void A_barrier_that_was_interrupted_itself_decides_nothing()
    {
        Sleep(FenceChoice.SleepsPerLook - 1, Microsecond);
        Sleep(1, Stopwatch.Frequency);
        _choice.Choose(After(100));
        Assert.That(_choice.Ringers, Is.False);
    }

    [Test]
    public void The_price_follows_what_barriers_take_lately()
    {
        Sleep(FenceChoice.SleepsPerLook, 40 * Microsecond);
        _choice.Choose(After(200));
        Assert.That(_choice.Ringers, Is.False);
        Sleep(FenceChoice.SleepsPerLook, Microsecond);
        _choice.Choose(After(20));
        Assert.That(_choice.Ringers, Is.False);
        Sleep(FenceChoice.SleepsPerLook, 40 * Microsecond);
        _choice.Choose(After(20));
        Assert.That(_choice.Ringers, Is.True);
    }

    [Test]
    public void Who_sleeps_no_more_has_ringers_fence_no_more_after_a_while()
    {
        HaveRingersFence(10 * Microsecond);
        Assert.That(_choice.Ends(After(100)), Is.False);
        Assert.That(_choice.Ringers, Is.True);
        Assert.That(_choice.Ends(After(1)), Is.True);
        Assert.That(_choice.Ringers, Is.False);
        Assert.That(_choice.Ends(After(1000)), Is.False, "it has ended");
    }

    [Test]
    public void Who_sleeps_often_goes_on_after_a_while_too()
    {
        HaveRingersFence(40 * Microsecond);
        Sleep(FenceChoice.SleepsPerLook - 1, 0);
        Assert.That(_choice.Ends(After(101)), Is.False);
        Assert.That(_choice.Ringers, Is.True);
    }

    private void HaveRingersFence(long barrierTicks)
    {
        Sleep(FenceChoice.SleepsPerLook, barrierTicks);
        _choice.Choose(After(1));
        Assert.That(_choice.Ringers, Is.True);
    }

    private void Sleep(int times, long barrierTicks)
    {
        for (int sleep = 0; sleep < times; sleep++) _choice.Count(barrierTicks);
    }

    private long After(int milliseconds) => _nowTicks += milliseconds * 1000 * Microsecond;
}
