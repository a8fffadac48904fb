using System.Diagnostics;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

/// <summary>When polling pays, and when it takes a processor that others need.</summary>
public sealed class PollWindowTests
{
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;
    private static readonly long Short = Millisecond / 20;
    private static readonly long Lost = Millisecond;

    private static PollWindow NewWindow(ReactorPolling polling = ReactorPolling.Adaptive) =>
        new(polling, TimeSpan.FromMicroseconds(200));

    [Test]
    public void It_grows_by_sleeps_that_could_have_been_polled_through_and_shrinks_by_others()
    {
        PollWindow window = NewWindow();
        long first = window.Ticks;
        window.OnWoken(Short, nowTicks: 1);
        Assert.That(window.Ticks, Is.GreaterThan(first));
        long grown = window.Ticks;
        window.OnWoken(50 * Millisecond, nowTicks: 2);
        Assert.That(window.Ticks, Is.EqualTo(grown / 2));
    }

    [Test]
    public void It_rests_when_the_processor_was_taken_away_and_polls_again_afterwards()
    {
        PollWindow window = NewWindow();
        long now = Stopwatch.Frequency;
        window.OnIdleTurns(Short / 10, now);
        Assert.That(window.Ticks, Is.Positive, "turns of the usual length");
        window.OnIdleTurns(Lost, now);
        Assert.That(window.Ticks, Is.Zero);
        window.OnWoken(Short, now + 9 * Millisecond);
        Assert.That(window.Ticks, Is.Zero, "during the rest");
        window.OnWoken(Short, now + 11 * Millisecond);
        Assert.That(window.Ticks, Is.Positive, "after it");
    }

    [Test]
    public void A_rest_doubles_up_to_a_second_while_the_processor_is_lost_again_soon()
    {
        PollWindow window = NewWindow();
        long now = Stopwatch.Frequency;
        for (int loss = 0; loss < 20; loss++)
        {
            window.OnIdleTurns(Lost, now);
            now += 1001 * Millisecond; // longer than any rest, and soon after the long ones
        }
        // Ten milliseconds at first, and every loss but the first few comes soon enough to double it.
        window.OnIdleTurns(Lost, now);
        window.OnWoken(Short, now + Millisecond);
        Assert.That(window.Ticks, Is.Zero);
        long end = now + 1001 * Millisecond;
        window.OnWoken(Short, end);
        Assert.That(window.Ticks, Is.Positive, "a second is the longest");
    }

    [Test]
    public void It_rests_when_polls_are_in_vain_more_often_than_not()
    {
        PollWindow window = NewWindow();
        long now = Stopwatch.Frequency;
        for (int poll = 0; poll < 1000; poll++)
        {
            window.OnFound();
            window.OnVain(now);
        }
        Assert.That(window.Ticks, Is.Positive, "as often as not");
        for (int poll = 0; poll < 32; poll++)
            window.OnVain(now);
        Assert.That(window.Ticks, Is.Zero);
        window.OnWoken(Short, now + 9 * Millisecond);
        Assert.That(window.Ticks, Is.Zero, "during the rest");
        window.OnWoken(Short, now + 11 * Millisecond);
        Assert.That(window.Ticks, Is.Positive, "after it");
        window.OnVain(now + 11 * Millisecond);
        Assert.That(window.Ticks, Is.Positive, "what was before it does not count");
    }

    [TestCase(ReactorPolling.Always)]
    [TestCase(ReactorPolling.Never)]
    public void What_does_not_adapt_does_not_rest(ReactorPolling polling)
    {
        PollWindow window = NewWindow(polling);
        long ticks = window.Ticks;
        window.OnIdleTurns(Lost, Stopwatch.Frequency);
        Assert.That(window.Ticks, Is.EqualTo(ticks));
    }
}
