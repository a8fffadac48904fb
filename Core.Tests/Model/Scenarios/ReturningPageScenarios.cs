using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>
/// Shadow pages that come back while their follower goes to sleep: the guest, who asks EventIdx, must be told to ring.
/// </summary>
internal static class ReturningPageScenarios
{
    private const int One = 1; // preemption; without a bound these take from minutes to an hour

    public static IEnumerable<Scenario> All =>
    [
        new("region-shadow-back", "Shadow pages come back to a sleeper that is about to sleep: the guest is told to ring", Back(DoorbellBarrier.Asymmetric)),
        new("region-shadow-back-symmetric", "The same; ringers pay for their fences", Back(DoorbellBarrier.Symmetric)),
        new("region-shadow-back-wait", "They come back to a wait that is about to sleep", BackToWait(withReactor: false)),
        new("region-shadow-back-reactor", "They come back to a wait on a reactor that is about to sleep", BackToWait(withReactor: true)) { Bound = One },
        new("reactor-shadow-back", "They come back to a task of a reactor that is about to sleep", BackToTask) { Bound = One },
    ];

    private static Action<World> Back(DoorbellBarrier barrier) => world =>
    {
        Shadowed shadowed = new(world, barrier);
        shadowed.TakeAndRemove();
        Litmus.Cell isBack = new(world, "is back");
        _ = new Sleeper(world, "sleeper", shadowed.State) { Rises = true };
        Register register = new(world, shadowed.Bell, 0);
        world.Thread("return", () =>
        {
            shadowed.Pages.Add(shadowed.Guest);
            isBack.Exchange(1);
        });
        world.Guest("guest", () =>
        {
            world.AwaitSet(isBack.Address, default);
            if (shadowed.Pages.Write(0, 6))
                register.Write(6);
        });
        world.AtEnd(() => world.Check(shadowed.State.Value == 6, "the guest's value was not taken"));
    };

    private static Action<World> BackToWait(bool withReactor) => world =>
    {
        Shadowed shadowed = new(world);
        DoorbellState state = shadowed.State;
        state.ResumeOn = ResumeOn.RingingThread;
        if (withReactor)
            state.ResumeOnReactor(Shipped.Reactor(world, ownThread: true));
        shadowed.TakeAndRemove();
        Waiter waiter = new(world, state) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("return", shadowed.AddAndWrite);
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 6"], $"the wait ended: {waiter}"));
    };

    private static void BackToTask(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.TakeAndRemove();
        FollowingTask task = new(world, Shipped.Reactor(world, ownThread: true), shadowed.State);
        task.Start();
        world.Thread("return", shadowed.AddAndWrite);
        world.AtEnd(() => task.CheckTaken(6));
    }

    /// <summary>Guest memory with shadow pages in it, which a doorbell uses.</summary>
    private sealed class Shadowed
    {
        public Shadowed(World world, DoorbellBarrier barrier = DoorbellBarrier.Asymmetric)
        {
            Shipped.Begin(world);
            Guest = Shipped.Guest(world);
            DoorbellMemory memory = Shipped.Doorbells(world, barrier);
            State = Shipped.Open(world, memory, 0);
            Pages = new(world, isWholePages: true);
            Pages.Add(Guest);
            Pages.Use(memory, Guest);
            Bell = new(world, memory, isNative: true);
        }

        public GuestMemory Guest { get; }

        public DoorbellState State { get; }

        public ShadowPages Pages { get; }

        public Bell Bell { get; }

        /// <summary>A value is taken while its follower is busy, so EventIdx stays where it is; then the pages go away.</summary>
        public void TakeAndRemove()
        {
            Pages.Write(0, 5);
            State.TryPoll(out _);
            Pages.Remove(Guest);
        }

        /// <summary>The pages come back, then the guest goes on: by one thread, to have fewer of them.</summary>
        public void AddAndWrite()
        {
            Pages.Add(Guest);
            if (Pages.Write(0, 6))
                Bell.Ring(0, 6);
        }
    }
}
