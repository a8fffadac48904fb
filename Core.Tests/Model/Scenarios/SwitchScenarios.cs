using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Homes that are switched while others ring and sleep.</summary>
internal static class SwitchScenarios
{
    private const DoorbellBarrier Asymmetric = DoorbellBarrier.Asymmetric;
    private const DoorbellBarrier Symmetric = DoorbellBarrier.Symmetric;

    public static IEnumerable<Scenario> All =>
    [
        new("switch-in", "Private to shadow against a ring and a sleeper", SwitchIn(Asymmetric, isNative: false)) { Bound = 2 },
        new("switch-in-native", "The same, rung by the C header", SwitchIn(Asymmetric, isNative: true)) { Bound = 2 },
        new("switch-in-symmetric", "The same; ringers pay for their fences", SwitchIn(Symmetric, isNative: false)) { Bound = 2 },
        new("switch-out", "Shadow to private against a ring and a sleeper; the pages are given back", SwitchOut(Asymmetric, isNative: false)) { Bound = 2 },
        new("switch-out-native", "The same, rung by the C header", SwitchOut(Asymmetric, isNative: true)) { Bound = 2 },
        new("switch-out-symmetric", "The same; ringers pay for their fences", SwitchOut(Symmetric, isNative: false)) { Bound = 2 },
        new("switch-in-out", "Private to shadow and back against two rings: the last value stays the last", InAndOut(isNative: false)),
        new("switch-in-out-native", "The same, rung by the C header", InAndOut(isNative: true)),
        new("switch-pages", "From one pair of pages to another against a ring; the first pair is given back", OtherPages),
        new("switch-two-ringers", "Private to shadow against two ringers", TwoRingers),
        new("switch-close", "Shadow, a close and the pages given back, against a ring and a sleeper", CloseInShadow),
        new("switch-sleep", "Private to shadow to private against a sleeper alone", SwitchAndSleep),
    ];

    private static Action<World> SwitchIn(DoorbellBarrier barrier, bool isNative) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(state.Value == 1, "the value was not taken"));
    };

    private static Action<World> SwitchOut(DoorbellBarrier barrier, bool isNative) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, barrier);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        pages.Use(memory);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(state.Value == 1, "the value was not taken"));
    };

    private static Action<World> InAndOut(bool isNative) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.Thread("switch", () =>
        {
            pages.Use(memory);
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 2, "the last value is lost"));
    };

    private static void OtherPages(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: true);
        ShadowPages first = new(world), second = new(world, "second shadow");
        first.Use(memory);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.Thread("switch", () =>
        {
            second.Use(memory);
            first.Revoke();
        });
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 2, "the last value is lost"));
    }

    private static void TwoRingers(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        ShadowPages pages = new(world);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value is 1 or 2, "both values are lost"));
    }

    private static void CloseInShadow(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: true);
        ShadowPages pages = new(world);
        pages.Use(memory);
        Sleeper sleeper = new(world, "sleeper", state);
        sleeper.Thread.IsDaemon = false;
        world.Thread("ringer", () => bell.Ring(0, 1));
        world.Thread("closer", () =>
        {
            memory.Close(0);
            pages.Revoke();
        });
    }

    private static void SwitchAndSleep(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        ShadowPages pages = new(world);
        Sleeper sleeper = new(world, "sleeper", state);
        world.Thread("switch", () =>
        {
            pages.Use(memory);
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(sleeper.Taken.Count == 0, "a change that was none"));
    }
}
