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
        new("region-shadow-back-wait", "They come back to a wait that is about to sleep", BackToWait) { Bound = One },
        new("region-shadow-back-reactor", "They come back to a wait on a reactor that is about to sleep", BackToWaitOnReactor) { Bound = One },
        new("region-shadow-newer", "The guest goes on writing its page while that is away: its value is the newest", Newer) { Bound = One },
        new("region-shadow-ours", "A register write while the page is away: it is the newest, and is found in the page", Ours),
        new("region-shadow-reopened", "A queue is made anew while the page is away: what the page holds is the old queue's", Reopened),
        new("region-shadow-posted", "Register writes that come late, from a guest whose page goes away and comes back", Posted),
        new("region-config", "Doorbell Buffer Config against the removal of the pages it names, and a ring", Config),
        new("region-private", "The doorbells go back to private homes against the removal of their pages, and a ring", Private),
        new("region-restored", "A restored device takes its pages against their removal, and a ring", Restored),
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

    private static void BackToWait(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.State.ResumeOn = ResumeOn.RingingThread;
        shadowed.TakeAndRemove();
        Waiter waiter = new(world, shadowed.State) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("return", shadowed.AddAndWrite);
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 6"], $"the wait ended: {waiter}"));
    }

    // The wait has begun before: it is the reactor that arms it, sleeps and parks.
    private static void BackToWaitOnReactor(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.State.ResumeOnReactor(Shipped.Reactor(world, ownThread: true));
        shadowed.TakeAndRemove();
        Waiter waiter = new(world, shadowed.State) { Waits = 1 };
        waiter.Begin(default);
        world.Thread("return", shadowed.AddAndWrite);
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 6"], $"the wait ended: {waiter}"));
    }

    private static void Newer(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.TakeAndRemove();
        _ = new Sleeper(world, "sleeper", shadowed.State) { Rises = true };
        Register register = new(world, shadowed.Bell, 0);
        world.Thread("return", () => shadowed.Pages.Add(shadowed.Guest));
        world.Guest("guest", () =>
        {
            if (shadowed.Pages.Write(0, 6))
                register.Write(6);
        });
        world.AtEnd(() => world.Check(shadowed.State.Value == 6, "the guest's value was not taken"));
    }

    private static void Ours(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.TakeAndRemove();
        world.Thread("return", () => shadowed.Pages.Add(shadowed.Guest));
        world.Thread("ringer", () => shadowed.Bell.RingOpen(0, 6));
        world.AtEnd(() => world.Check(shadowed.State.TryPoll(out uint value) == DoorbellPoll.Ready && value == 6, "the value is lost"));
    }

    private static void Posted(World world)
    {
        Shadowed shadowed = new(world, isPosted: true);
        Register register = new(world, shadowed.Bell, 0);
        world.Thread("away and back", () =>
        {
            shadowed.Pages.Remove(shadowed.Guest);
            shadowed.Pages.Add(shadowed.Guest);
        });
        world.Guest("guest", () =>
        {
            shadowed.Pages.Store(0, 1);
            register.Write(1);
            shadowed.Pages.Store(0, 2);
        });
        world.AtEnd(() => world.Check(shadowed.State.TryPoll(out uint value) == DoorbellPoll.Ready && value == 2, "the guest's last value was not taken"));
    }

    private static void Reopened(World world)
    {
        Shadowed shadowed = new(world);
        shadowed.TakeAndRemove();
        shadowed.Pages.Store(0, 6);
        shadowed.Memory.Close(0);
        DoorbellState state = Shipped.Open(world, shadowed.Memory, 0);
        world.Thread("return", () =>
        {
            shadowed.Pages.Add(shadowed.Guest);
            world.Check(state.TryPoll(out _) == DoorbellPoll.Pending, "the new queue has a value of the old one's");
        });
    }

    private static void Config(World world)
    {
        Shipped.Begin(world);
        GuestMemory guest = Shipped.Guest(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        ShadowPages pages = new(world, isWholePages: true);
        pages.Add(guest);
        Bell bell = new(world, memory, isNative: true);
        world.Thread("config", () => ShadowPages.TryUse(memory, guest));
        world.Thread("removal", () => pages.Remove(guest));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value is lost"));
    }

    private static void Private(World world)
    {
        Shadowed shadowed = new(world);
        world.Thread("private", shadowed.Memory.UsePrivate);
        world.Thread("removal", () => shadowed.Pages.Remove(shadowed.Guest));
        world.Thread("ringer", () => shadowed.Bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(shadowed.State.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value is lost"));
    }

    private static void Restored(World world)
    {
        Shipped.Begin(world);
        GuestMemory guest = Shipped.Guest(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        ShadowPages pages = new(world, isWholePages: true);
        pages.Add(guest);
        ShadowPages.Prepare(memory, guest);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: true);
        world.Thread("resume", memory.UsePrepared);
        world.Thread("removal", () => pages.Remove(guest));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value is lost"));
    }

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
        public Shadowed(World world, DoorbellBarrier barrier = DoorbellBarrier.Asymmetric, bool isPosted = false)
        {
            Shipped.Begin(world);
            Guest = Shipped.Guest(world);
            Memory = Shipped.Doorbells(world, barrier);
            State = Shipped.Open(world, Memory, 0);
            Pages = new(world, isWholePages: true);
            Pages.Add(Guest);
            Pages.Use(Memory, Guest);
            Bell = new(world, Memory, isNative: !isPosted) { IsPosted = isPosted };
        }

        public GuestMemory Guest { get; }

        public DoorbellMemory Memory { get; }

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
