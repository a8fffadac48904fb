using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Rings against sleeps.</summary>
internal static class RingScenarios
{
    private const DoorbellBarrier Asymmetric = DoorbellBarrier.Asymmetric;
    private const DoorbellBarrier Symmetric = DoorbellBarrier.Symmetric;

    public static IEnumerable<Scenario> All =>
    [
        new("ring-sleep", "A ringer that rings twice, one sleeper; the sleeper pays for the fence", OneRinger(Asymmetric, isNative: false)),
        new("ring-sleep-symmetric", "The same; the ringer pays for its fence", OneRinger(Symmetric, isNative: false)),
        new("ring-sleep-native", "The same, rung by the C header", OneRinger(Asymmetric, isNative: true)),
        new("ring-sleep-native-symmetric", "The same, rung by the C header, which pays for its fence", OneRinger(Symmetric, isNative: true)),
        new("ring-sleep-causal", "One ring, one sleeper, states told apart by their causes", OneRinger(Asymmetric, isNative: false)) { IsCausal = true },
        new("ring-ring-sleep", "Two ringers of one doorbell, one in C#, one by the C header; one sleeper", TwoRingers(Asymmetric)),
        new("ring-ring-sleep-symmetric", "The same; ringers pay for their fences", TwoRingers(Symmetric)),
        new("ring-same-value", "The value that the sleeper knows is no news: nobody is called", SameValue),
        new("ring-two-doorbells", "Two doorbells, each with its ringer, one sleeper with one waker", TwoDoorbells(Asymmetric)),
        new("ring-entries", "The queue's entries are seen with the tail that the ring carries", Entries(isNative: false)),
        new("ring-entries-native", "The same, rung by the C header", Entries(isNative: true)),
        new("ring-completion", "A completion, pushed by a disk's thread, against a ring; one waker", RingAndCompletion),
        new("ring-completions", "Two disks' threads push completions, the task sleeps on nothing else", Completions),
        new("ring-round", "A queue of two entries goes round: what the sleeper knew before it is news again", Round),
        new("ring-unfollow", "A task that follows a doorbell no more is not called, and its successor is", Unfollowed),
        new("ring-kick", "Kicks, which store nothing, against rings and sleeps", KickAndRing),
        new("ring-unfollowed", "A task that follows a doorbell no more is not called for its rings", Unfollow),
        new("ring-reserved-bits", "Bits 31 to 16 of a register write are masked", ReservedBits),
        new("ring-limit", "Values out of limit and doorbells out of range change nothing and wake nobody", OutOfLimit),
    ];

    private static Action<World> OneRinger(DoorbellBarrier barrier, bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the last value was not taken"));
    };

    private static Action<World> TwoRingers(DoorbellBarrier barrier) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.AtEnd(() => world.Check(state.Value is 1 or 2, "no value was taken"));
    };

    private static void SameValue(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        Sleeper sleeper = new(world, "sleeper", state);
        world.Thread("first", () => managed.RingOpen(0, 0));
        world.Thread("second", () => native.RingOpen(0, 0));
        world.AtEnd(() => world.Check(sleeper.Taken.Count == 0 && sleeper.Calls == 0, "the same value again was news"));
    }

    private static Action<World> TwoDoorbells(DoorbellBarrier barrier) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier);
        DoorbellState tail = Shipped.Open(world, memory, 0), head = Shipped.Open(world, memory, 1);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", tail, head);
        world.Thread("first", () => managed.RingOpen(0, 3));
        world.Thread("second", () => native.RingOpen(1, 5));
        world.AtEnd(() => world.Check(tail.Value == 3 && head.Value == 5, "a value was not taken"));
    };

    private static void Unfollow(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        int calls = 0;
        Waker waker = Shipped.Name(world, Waker.FromCallback(_ => calls++, null), "waker");
        world.Thread("follower", () =>
        {
            state.Poll(waker, out _);
            state.Unfollow();
            memory.Ring(0, 1);
            world.Check(calls == 0, "a ring has called a task that does not follow");
        });
    }

    private static void ReservedBits(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state) { Rises = true };
        world.Thread("ringer", () =>
        {
            managed.RingOpen(0, 0x3_0001);
            native.RingOpen(0, 0x8000_0002);
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the last value was not taken"));
    }

    private static void KickAndRing(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () => managed.RingOpen(0, 7));
        world.Thread("kicker", () => native.Kick(0));
        world.AtEnd(() => world.Check(state.Value == 7, "the value was not taken"));
    }

    private static void OutOfLimit(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0, limit: 4);
        Sleeper sleeper = new(world, "sleeper", state);
        foreach (bool isNative in new[] { false, true })
        {
            Bell bell = new(world, memory, isNative);
            world.Thread(isNative ? "native" : "managed", () =>
            {
                world.Check(bell.Ring(0, 4) == RingResult.InvalidValue, "a value at the limit was taken");
                world.Check(bell.Ring(1, 1) == RingResult.Closed, "a closed doorbell was rung");
                world.Check(bell.Ring(2, 1) == RingResult.OutOfRange, "a doorbell that does not exist was rung");
                world.Check(bell.Kick(2) == RingResult.OutOfRange, "a doorbell that does not exist was kicked");
            });
        }

        world.AtEnd(() => world.Check(sleeper.Taken.Count == 0 && sleeper.Calls == 0, "a refused ring had an effect"));
    }

    private static Action<World> Entries(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        Litmus.Cell[] entries = [default, new(world, "entry 1"), new(world, "entry 2")];
        _ = new Sleeper(world, "sleeper", state)
        {
            Rises = true,
            OnTake = (_, tail) =>
            {
                for (uint entry = 1; entry <= tail; entry++)
                    world.Check(entries[entry].Load() == 1, $"tail {tail} is here, entry {entry} is not");
            },
        };
        world.Thread("ringer", () =>
        {
            for (uint tail = 1; tail <= 2; tail++)
            {
                entries[tail].StoreRelaxed(1);
                bell.RingOpen(0, tail);
            }
        });
    };

    private static void RingAndCompletion(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: true);
        Completed completed = new(world);
        Sleeper sleeper = new(world, "sleeper", state) { Rises = true, TakeMore = completed.Take };
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("disk", () => completed.Push(1, sleeper.Waker));
        world.AtEnd(() => world.Check(state.Value == 1, "the value was not taken"));
        world.AtEnd(() => completed.CheckAll(1));
    }

    private static void Completions(World world)
    {
        Shipped.Begin(world);
        Completed completed = new(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        Sleeper sleeper = new(world, "sleeper", Shipped.Open(world, memory, 0)) { TakeMore = completed.Take };
        world.Thread("disk", () => completed.Push(1, sleeper.Waker));
        world.Thread("other disk", () => completed.Push(2, sleeper.Waker));
        world.AtEnd(() => completed.CheckAll(2));
    }

    private static void Round(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0, limit: 2);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        Litmus.Cell served = new(world, "served");
        Sleeper sleeper = new(world, "sleeper", state) { OnTake = (_, _) => served.Exchange(1) };
        world.Thread("ringer", () =>
        {
            managed.RingOpen(0, 1);
            world.Await(served.Address, default);
            native.RingOpen(0, 0);
        });
        world.AtEnd(() => world.Check(sleeper.Taken is [(0, 1), (0, 0)], $"taken: {string.Join(", ", sleeper.Taken)}"));
    }

    private static void Unfollowed(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState old);
        Waker waker = Shipped.Name(world, Waker.FromCallback(static _ => { }, null), "old");
        DoorbellState next = null!;
        old.Poll(waker, out _);
        memory.Close(0);
        next = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: false);
        Sleeper sleeper = new(world, "sleeper", next) { Rises = true };
        world.Thread("old follower", old.Unfollow);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(next.Value == 1 && sleeper.Calls <= 2, "the value was not taken"));
    }
}
