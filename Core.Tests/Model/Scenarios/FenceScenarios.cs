using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Rings and sleeps where each sleep may change who runs the fence between them.</summary>
internal static class FenceScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("fences", "Two rings, one sleeper", Ring(isNative: false, rings: 2)),
        new("fences-native", "The same, rung by the C header", Ring(isNative: true, rings: 2)),
        new("fences-thrice", "Three rings, one sleeper", Ring(isNative: false, rings: 3)),
        new("fences-two-ringers", "Two ringers of one doorbell, one in C#, one by the C header; one sleeper", TwoRingers) { Bound = 2 },
        new("fences-two-doorbells", "Two doorbells, each with its ringer, one sleeper with one waker", TwoDoorbells) { Bound = 2 },
        new("fences-ended", "Two rings, and a reactor that now and then has rings fence no more while its task runs", Ended) { Bound = 1 },
        new("fences-wait", "Two waits in a row, and two rings", Wait),
        new("fences-reactor", "A reactor that parks, against two rings", Reactor) { Bound = 2 },
        new("fences-two-memories", "A task that follows doorbells of two memories, of one of which no ring ever fences", TwoMemories) { Bound = 2 },
        new("fences-followed", "A doorbell whose waker changes, against two rings", Followed) { Bound = 3 },
    ];

    private static Action<World> Ring(bool isNative, uint rings) => world =>
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () =>
        {
            for (uint value = 1; value <= rings; value++)
                bell.RingOpen(0, value);
        });
        world.AtEnd(() => world.Check(state.Value == rings, "the last value was not taken"));
    };

    private static void TwoRingers(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.AtEnd(() => world.Check(state.Value is 1 or 2, "no value was taken"));
    }

    private static void TwoDoorbells(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState tail = Shipped.Open(world, memory, 0), head = Shipped.Open(world, memory, 1);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", tail, head);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(1, 2));
        world.AtEnd(() => world.Check(tail.Value == 1 && head.Value == 2, "the last values were not taken"));
    }

    private static void Ended(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState state = Shipped.Open(world, memory, 0);
        FollowingTask? task = null;
        task = new(world, Shipped.Reactor(world, ownThread: true), state)
        {
            AtTurn = () =>
            {
                if (world.Choose(2) == 1)
                    task!.Waker.EndFences();
            },
        };
        task.Start();
        Bell bell = new(world, memory, isNative: false);
        world.Thread("ringer", () => RingTwice(bell));
        world.AtEnd(() => task.CheckTaken(2));
    }

    private static void Wait(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState state = Shipped.Open(world, memory, 0);
        state.ResumeOn = ResumeOn.RingingThread;
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 2 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => RingTwice(bell));
        world.AtEnd(() => world.Check(state.Value == 2, $"the waits ended: {waiter}"));
    }

    private static void Reactor(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState state = Shipped.Open(world, memory, 0);
        FollowingTask task = new(world, Shipped.Reactor(world, ownThread: true), state);
        task.Start();
        Bell bell = new(world, memory, isNative: true);
        world.Thread("ringer", () => RingTwice(bell));
        world.AtEnd(() => task.CheckTaken(2));
    }

    private static void TwoMemories(World world)
    {
        DoorbellMemory adaptive = Begin(world), unfenced = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, unfenced, 0);
        FollowingTask task = new(world, Shipped.Reactor(world, ownThread: true), state, adaptive.Open(0, 16));
        task.Start();
        Bell bell = new(world, unfenced, isNative: false);
        world.Thread("ringer", () => RingTwice(bell));
        world.AtEnd(() => task.CheckTaken(2));
    }

    private static void Followed(World world)
    {
        DoorbellMemory memory = Begin(world);
        DoorbellState other = Shipped.Open(world, memory, 0), state = Shipped.Open(world, memory, 1);
        Bell bell = new(world, memory, isNative: false);
        bool follows = false;
        Sleeper? sleeper = null;
        sleeper = new(world, "sleeper", other)
        {
            // It may have slept for the other doorbell before it follows this one.
            TakeMore = () =>
            {
                if (sleeper!.Taken.Count == 0)
                    return false;
                follows = true;
                return state.Poll(sleeper.Waker, out _) == DoorbellPoll.Ready;
            },
        };
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(1, 1);
        });
        world.AtEnd(() => world.Check(follows && state.Value == 1, "lost wake-up: the value was not taken"));
    }

    private static void RingTwice(Bell bell)
    {
        bell.RingOpen(0, 1);
        bell.RingOpen(0, 2);
    }

    private static DoorbellMemory Begin(World world)
    {
        Shipped.Begin(world);
        world.ChoosesFences = true;
        return Shipped.Doorbells(world, DoorbellBarrier.Adaptive);
    }
}
