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
        new("switch-in", "Private to shadow against a ring and a sleeper", SwitchIn(Asymmetric, isNative: false)) { Bound = 1 },
        new("switch-in-native", "The same, rung by the C header", SwitchIn(Asymmetric, isNative: true)) { Bound = 1 },
        new("switch-in-symmetric", "The same; ringers pay for their fences", SwitchIn(Symmetric, isNative: false)) { Bound = 1 },
        new("switch-out", "Shadow to private against a ring and a sleeper; the pages are given back", SwitchOut(Asymmetric, isNative: false)) { Bound = 1 },
        new("switch-out-native", "The same, rung by the C header", SwitchOut(Asymmetric, isNative: true)) { Bound = 1 },
        new("switch-out-symmetric", "The same; ringers pay for their fences", SwitchOut(Symmetric, isNative: false)) { Bound = 1 },
        new("switch-look", "Private to shadow against a ring and a follower that polls: no value goes back", Look(isOut: false)),
        new("switch-look-out", "The same from shadow to private; the pages are given back", Look(isOut: true)),
        new("switch-in-out", "Private to shadow and back against two rings: the last value stays the last", InAndOut(isNative: false)),
        new("switch-in-out-native", "The same, rung by the C header", InAndOut(isNative: true)),
        new("switch-then-sleep", "Shadow to private, then a sleep, against a ring; ringers pay for their fences", SwitchThenSleep(isNative: false)),
        new("switch-then-sleep-native", "The same, rung by the C header", SwitchThenSleep(isNative: true)),
        new("switch-round", "Private to shadow against rings that go round a queue of two entries: the last value stays the last", InAndRound),
        new("switch-out-in", "Shadow to private and back to the same pages against a ring", OutAndIn(isNative: false)),
        new("switch-out-in-native", "The same, rung by the C header", OutAndIn(isNative: true)),
        new("switch-reserved-bits", "A guest sets reserved bits of its entry after the switch: they are masked", ReservedBits),
        new("switch-pages", "From one pair of pages to another against a ring; the first pair is given back", OtherPages),
        new("switch-two-ringers", "Private to shadow against two ringers", TwoRingers),
        new("switch-close", "Shadow, a close and the pages given back, against a ring and a sleeper", CloseInShadow),
        new("switch-sleep", "Private to shadow to private against a sleeper alone", SwitchAndSleep),
        new("switch-arm", "Shadow to private against a follower that asks for the guest's rings; the pages are given back", Arm),
        new("switch-snapshot", "A doorbell is looked at from outside while its pages are given back", Snapshot),
    ];

    private static Action<World> SwitchIn(DoorbellBarrier barrier, bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        _ = new Sleeper(world, "sleeper", state) { Rises = true };
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(state.Value == 1, "the value was not taken"));
    };

    private static Action<World> SwitchOut(DoorbellBarrier barrier, bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        pages.Use(memory);
        _ = new Sleeper(world, "sleeper", state) { Rises = true };
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(state.Value == 1, "the value was not taken"));
    };

    private static Action<World> Look(bool isOut) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: true);
        ShadowPages pages = new(world);
        if (isOut)
            pages.Use(memory);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("follower", () =>
        {
            uint last = 0;
            for (int look = 0; look < 2; look++)
            {
                state.TryPoll(out uint value);
                world.Check(value >= last, $"the doorbell goes back to {value}");
                last = value;
            }
        });
        world.Thread("switch", () =>
        {
            if (isOut)
            {
                memory.UsePrivate();
                pages.Revoke();
            }
            else
            {
                pages.Use(memory);
            }
        });
        world.AtEnd(() => state.TryPoll(out _));
        world.AtEnd(() => world.Check(state.Value == 1, "the value is lost"));
    };

    private static Action<World> InAndOut(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
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

    private static Action<World> SwitchThenSleep(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Symmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        pages.Use(memory);
        int calls = 0;
        Waker waker = Shipped.Name(world, Waker.FromCallback(_ => calls++, null), "waker");
        DoorbellPoll look = default;
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            look = state.Poll(waker, out _);
        });
        world.AtEnd(() => world.Check(look == DoorbellPoll.Ready || calls == 1, "lost wake-up: it sleeps, and nobody has called it"));
    };

    private static void InAndRound(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0, limit: 2);
        Bell bell = new(world, memory, isNative: false);
        ShadowPages pages = new(world);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 0);
        });
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Pending && value == 0, "the last value is lost"));
    }

    private static Action<World> OutAndIn(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        pages.Use(memory);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Use(memory);
        });
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value is lost"));
    };

    private static void ReservedBits(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Store(0, 0x8000_0001);
        world.Thread("follower", () => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value was not taken"));
    }

    private static void OtherPages(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
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
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        ShadowPages pages = new(world);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value is 1 or 2, "both values are lost"));
    }

    private static void CloseInShadow(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
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

    private static void Arm(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Write(0, 5);
        state.TryPoll(out _);
        Waker waker = Shipped.Name(world, Waker.FromCallback(static _ => { }, null), "waker");
        world.Thread("follower", () => state.Arm(waker));
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Pending && value == 5, "the value is another"));
    }

    private static void Snapshot(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Store(0, 1);
        world.Thread("onlooker", () =>
        {
            world.Check(memory.GetSnapshot(0).Value == 1, "the value is another outside");
            world.Check(state.Position.Value == 1, "the value is another to who saves it");
        });
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Revoke();
        });
    }

    private static void SwitchAndSleep(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
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
