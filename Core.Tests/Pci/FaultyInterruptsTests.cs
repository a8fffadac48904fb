using NvmeDoorbell.Pci;
using NvmeDoorbell.Tests.Drivers;

namespace NvmeDoorbell.Tests.Pci;

/// <summary>Each fault of a plan does what it says: what is refused comes later, only what is lost is lost.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FaultyInterruptsTests
{
    private readonly RecordedInterrupts _recorded = new();

    private FaultyInterrupts Make(InterruptFaultPlan plan) => new(_recorded, plan);

    [Test]
    public void A_plan_is_read_from_text()
    {
        Assert.That(InterruptFaultPlan.Parse("refuse=1, lose=2,seed=3"),
            Is.EqualTo(new InterruptFaultPlan { Refuse = 1, Lose = 2, Seed = 3 }));
        Assert.That(() => InterruptFaultPlan.Parse("fail=1"), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Without_faults_interrupts_pass()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan());
        interrupts.SignalVector(3, new MsixMessage(1, 2));
        interrupts.SetLine(true);
        Assert.That(_recorded.Count(3), Is.EqualTo(1));
        Assert.That(_recorded.LastMessage, Is.EqualTo(new MsixMessage(1, 2)));
        Assert.That(_recorded.IsLineAsserted);
        Assert.That(interrupts.GetStatistics(), Is.EqualTo(new InterruptFaultStatistics()));
    }

    [Test]
    public void A_refused_message_is_delivered_later_with_those_that_merged_into_it()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Refuse = 1 });
        for (uint data = 0; data < 3; data++)
            interrupts.SignalVector(5, new MsixMessage(0, data));
        Wait.Until(() => interrupts.GetStatistics().Pending == 0 && _recorded.Count(5) > 0, "the message");
        Assert.That(_recorded.Count(5), Is.InRange(1, 3));
        Assert.That(_recorded.LastMessage.Data, Is.EqualTo(2));
        Assert.That(interrupts.GetStatistics().Refused, Is.EqualTo(3));
    }

    [Test]
    public void A_message_that_is_not_refused_takes_the_pending_one_along()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Refuse = 2, Seed = 4 });
        for (int message = 0; message < 1000; message++)
            interrupts.SignalVector(0, default);
        interrupts.Release();
        long refused = interrupts.GetStatistics().Refused;
        Assert.That(refused, Is.InRange(300, 700));
        Assert.That(_recorded.Count(0), Is.GreaterThanOrEqualTo(1000 - refused).And.LessThan(1000));
    }

    [Test]
    public void A_lost_message_never_comes_and_a_level_is_never_lost()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Lose = 1 });
        interrupts.SignalVector(0, default);
        interrupts.Release();
        Assert.That(_recorded.Count(0), Is.Zero);
        Assert.That(interrupts.GetStatistics(), Is.EqualTo(new InterruptFaultStatistics(0, 1, 0)));
        interrupts.SetLine(true);
        Assert.That(_recorded.IsLineAsserted);
    }

    [Test]
    public void The_last_level_is_delivered_in_the_end()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Refuse = 2 });
        for (int change = 1; change <= 999; change++)
            interrupts.SetLine(change % 2 == 1);
        Wait.Until(() => interrupts.GetStatistics().Pending == 0, "the line to be let go");
        Assert.That(_recorded.IsLineAsserted);
        Assert.That(_recorded.LineChanges, Is.LessThan(999));
        Assert.That(_recorded.LineChanges % 2, Is.EqualTo(1), "each call changes the level");
    }

    [Test]
    public void A_new_plan_holds_from_the_next_interrupt_on()
    {
        using FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Lose = 1 });
        interrupts.SignalVector(0, default);
        interrupts.Plan = new InterruptFaultPlan();
        interrupts.SignalVector(0, default);
        Assert.That(_recorded.Count(0), Is.EqualTo(1));
        Assert.That(interrupts.Plan, Is.EqualTo(new InterruptFaultPlan()));
    }

    [Test]
    public void Nothing_is_delivered_after_Dispose()
    {
        FaultyInterrupts interrupts = Make(new InterruptFaultPlan { Refuse = 1 });
        interrupts.SignalVector(0, default);
        interrupts.Dispose();
        interrupts.Dispose();
        int delivered = _recorded.Count(0);
        Assert.That(delivered + interrupts.GetStatistics().Pending, Is.EqualTo(1));
    }
}
