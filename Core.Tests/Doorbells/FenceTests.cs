using System.Diagnostics;
using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;

namespace NvmeDoorbell.Tests.Doorbells;

public sealed unsafe class FenceTests
{
    private Waker? _waker;

    [TearDown]
    public void DisposeWaker() => _waker?.Dispose();

    [TestCase(DoorbellBarrier.Default, true)]
    [TestCase(DoorbellBarrier.Adaptive, true)]
    [TestCase(DoorbellBarrier.Asymmetric, false)]
    public void Rings_fence_for_a_sleep_that_asks_for_it_where_the_memory_adapts(DoorbellBarrier barrier, bool adapts)
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using DoorbellMemory memory = Followed(barrier, out Waker waker);
        waker.BeginSleep(ringersFence: true);
        Assert.That(AsksForFences(waker), Is.EqualTo(adapts));
        Assert.That(waker.NeedsProcessWideFence, Is.True, "the first such sleep");
        waker.FenceSleep();
        Assert.That(waker.NeedsProcessWideFence, Is.EqualTo(!adapts));
    }

    [Test]
    public void One_barrier_serves_all_sleeps_for_which_rings_fence_and_none_of_the_others()
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using DoorbellMemory memory = Followed(DoorbellBarrier.Adaptive, out Waker waker);
        Sleep(waker, ringersFence: true);
        waker.BeginSleep(ringersFence: true);
        Assert.That(waker.NeedsProcessWideFence, Is.False, "the second sleep");
        waker.EndSleep();
        Assert.That(AsksForFences(waker), Is.True, "between sleeps too");
        waker.BeginSleep(ringersFence: false);
        Assert.That((AsksForFences(waker), waker.NeedsProcessWideFence), Is.EqualTo((false, true)), "not any more");
        waker.EndSleep();
        waker.BeginSleep(ringersFence: true);
        Assert.That(waker.NeedsProcessWideFence, Is.True, "once more");
    }

    [Test]
    public void The_fence_that_is_asked_for_outlives_a_claim()
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using DoorbellMemory memory = Followed(DoorbellBarrier.Adaptive, out Waker waker);
        waker.BeginSleep(ringersFence: true);
        memory.Ring(0, 1);
        Assert.That(waker.Cell->State & WakerCell.StateMask, Is.EqualTo(WakerCell.Notified));
        Assert.That(AsksForFences(waker), Is.True);
        Waker.BeginTurn(waker.Cell);
        Assert.That(AsksForFences(waker), Is.True);
    }

    [Test]
    public void Another_doorbell_wants_a_barrier_once_more()
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using DoorbellMemory memory = Followed(DoorbellBarrier.Adaptive, out Waker waker);
        Sleep(waker, ringersFence: true);
        memory.Open(1, 16).Arm(waker);
        waker.BeginSleep(ringersFence: true);
        Assert.That(waker.NeedsProcessWideFence, Is.True);
    }

    [Test]
    public void Fences_end_for_a_task_that_runs_and_not_for_one_that_sleeps()
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using DoorbellMemory memory = Followed(DoorbellBarrier.Adaptive, out Waker waker);
        waker.BeginSleep(ringersFence: true);
        waker.FenceSleep();
        waker.EndFences();
        Assert.That(AsksForFences(waker), Is.True, "asleep");
        waker.EndSleep();
        waker.EndFences();
        Assert.That((AsksForFences(waker), waker.NeedsProcessWideFence), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_reactor_that_polls_has_rings_fence_no_more_after_a_while()
    {
        if (!StoreLoad.HasProcessWide) return; // rings always fence there
        using Reactor reactor = new(new ReactorOptions { OwnThread = false, Polling = ReactorPolling.Always });
        using IdleTask task = new(reactor);
        reactor.Run(TimeSpan.Zero);
        task.Waker.BeginSleep(ringersFence: true);
        Assert.That(task.Waker.EndSleep(), Is.True);
        Fences(reactor) = Ringers();
        Wait.Until(() => reactor.Run(TimeSpan.FromMilliseconds(1)) && !AsksForFences(task.Waker), "rings to fence no more");
        Assert.That(Fences(reactor).Ringers, Is.False);
    }

    [Test]
    public void A_waker_of_doorbells_whose_rings_always_fence_never_needs_the_barrier()
    {
        using DoorbellMemory memory = Followed(DoorbellBarrier.Symmetric, out Waker waker);
        waker.BeginSleep(ringersFence: false);
        Assert.That(waker.NeedsProcessWideFence, Is.False);
    }

    [Test]
    public void A_ring_that_looks_once_more_at_a_memory_that_has_been_let_go_wakes_nobody()
    {
        DoorbellSlot slot = default; // as such a memory reads
        Waker.WakeFollower(&slot, Home.Closed(1), 7);
        Assert.That(slot.Waker, Is.EqualTo((nint)0));
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_fences")]
    private static extern ref FenceChoice Fences(Reactor reactor);

    /// <summary>One that has just chosen the ringers.</summary>
    private static FenceChoice Ringers()
    {
        FenceChoice choice = new(Stopwatch.GetTimestamp());
        while (!choice.Count(Stopwatch.Frequency)) { }
        choice.Choose(Stopwatch.GetTimestamp());
        Assert.That(choice.Ringers, Is.True);
        return choice;
    }

    /// <summary>Doorbells, of which a waker follows the first.</summary>
    private DoorbellMemory Followed(DoorbellBarrier barrier, out Waker waker)
    {
        DoorbellMemory memory = new(2, barrier: barrier);
        _waker = waker = Waker.FromCallback(static _ => { }, null);
        memory.Open(0, 16).Arm(waker);
        return memory;
    }

    private static bool AsksForFences(Waker waker) => (waker.Cell->State & WakerCell.Fenced) != 0;

    private static void Sleep(Waker waker, bool ringersFence)
    {
        waker.BeginSleep(ringersFence);
        waker.FenceSleep();
        Assert.That(waker.EndSleep(), Is.True);
    }

    private sealed class IdleTask : ReactorTask
    {
        public IdleTask(Reactor reactor)
            : base(reactor) => Start();

        protected override bool Turn() => false;

        protected override bool PrepareSleep() => true;

        protected override bool HasWork() => false;
    }
}
