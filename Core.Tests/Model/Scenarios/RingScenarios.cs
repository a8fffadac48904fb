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
        new("ring-kick", "Kicks, which store nothing, against rings and sleeps", KickAndRing),
        new("ring-limit", "Values out of limit and doorbells out of range change nothing and wake nobody", OutOfLimit),
    ];

    private static Action<World> OneRinger(DoorbellBarrier barrier, bool isNative) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
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
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.AtEnd(() => world.Check(state.Value is 1 or 2, "no value was taken"));
    };

    private static void SameValue(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        Sleeper sleeper = new(world, "sleeper", state);
        world.Thread("first", () => managed.RingOpen(0, 0));
        world.Thread("second", () => native.RingOpen(0, 0));
        world.AtEnd(() => world.Check(sleeper.Taken.Count == 0 && sleeper.Calls == 0, "the same value again was news"));
    }

    private static Action<World> TwoDoorbells(DoorbellBarrier barrier) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState tail = Shipped.Open(world, memory, 0), head = Shipped.Open(world, memory, 1);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", tail, head);
        world.Thread("first", () => managed.RingOpen(0, 3));
        world.Thread("second", () => native.RingOpen(1, 5));
        world.AtEnd(() => world.Check(tail.Value == 3 && head.Value == 5, "a value was not taken"));
    };

    private static void KickAndRing(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () => managed.RingOpen(0, 7));
        world.Thread("kicker", () => native.Kick(0));
        world.AtEnd(() => world.Check(state.Value == 7, "the value was not taken"));
    }

    private static void OutOfLimit(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
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
            });
        }

        world.AtEnd(() => world.Check(sleeper.Taken.Count == 0 && sleeper.Calls == 0, "a refused ring had an effect"));
    }
}
