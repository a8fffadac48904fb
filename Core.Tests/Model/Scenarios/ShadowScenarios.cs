using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>A guest in another process that writes shadow values by the specification's rule.</summary>
internal static class ShadowScenarios
{
    private const DoorbellBarrier Asymmetric = DoorbellBarrier.Asymmetric;

    public static IEnumerable<Scenario> All =>
    [
        new("eventidx-guest", "Two shadow values from a guest that rings the register only where EventIdx asks for it", Guest(Asymmetric, eventIdx: 0)),
        new("eventidx-guest-symmetric", "The same; ringers pay for their fences", Guest(DoorbellBarrier.Symmetric, eventIdx: 0)),
        new("eventidx-stale", "The same; something else is left in the EventIdx page when it is named", Guest(Asymmetric, eventIdx: 5)),
        new("eventidx-reopened", "A queue that was deleted at 5 and made again: the guest is told to ring for 1 and 2", Reopened),
        new("eventidx-switch", "The guest's first shadow value against the switch that gives it the pages", GuestAndSwitch),
        new("eventidx-moved", "EventIdx alone moves to another page, against a sleeper: the old one is given back, the guest is told to ring", Moved),
        new("eventidx-moved-ring", "The same against a ring: the value stays", MovedAndRung),
        new("eventidx-kick", "A guest whose register write only says that the shadow value has changed", Kicked(isNative: true)),
        new("eventidx-kick-managed", "The same, kicked by C#", Kicked(isNative: false)),
    ];

    private static Action<World> Guest(DoorbellBarrier barrier, uint eventIdx) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false);
        ShadowPages pages = new(world);
        pages.StoreEventIdx(0, eventIdx);
        pages.Use(memory);
        _ = new Sleeper(world, "sleeper", state);
        Register register = new(world, bell, 0);
        world.Guest("guest", () => WriteTwo(pages, register));
        world.AtEnd(() => world.Check(state.Value == 2, "the guest's last value was not taken"));
    };

    private static void Reopened(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState old);
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Write(0, 5);
        Waker waker = Waker.FromCallback(static _ => { }, null);
        old.Poll(waker, out _);
        old.Poll(waker, out _);
        memory.Close(0);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        Register register = new(world, bell, 0);
        world.Guest("guest", () => WriteTwo(pages, register));
        world.AtEnd(() => world.Check(state.Value == 2, "the guest's last value was not taken"));
    }

    private static void WriteTwo(ShadowPages pages, Register register)
    {
        for (uint value = 1; value <= 2; value++)
        {
            if (pages.Write(0, value))
                register.Write(value);
        }
    }

    private static void GuestAndSwitch(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world);
        Bell bell = new(world, memory, isNative: false);
        _ = new Sleeper(world, "sleeper", state);
        Register register = new(world, bell, 0);
        // A driver may use the pages once the command has completed.
        Litmus.Cell completed = new(world, "command completed");
        world.Thread("switch", () =>
        {
            pages.Use(memory);
            completed.Exchange(1);
        });
        world.Guest("guest", () =>
        {
            world.AwaitSet(completed.Address, default);
            if (pages.Write(0, 1))
                register.Write(1);
        });
        world.AtEnd(() => world.Check(state.Value == 1, "the guest's value was not taken"));
    }

    private static void Moved(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world), other = new(world, "other");
        pages.Use(memory);
        // A value is taken while the follower is busy, so that the sleeper has something to write to each of the pages.
        pages.Write(0, 5);
        state.TryPoll(out _);
        Bell bell = new(world, memory, isNative: true);
        _ = new Sleeper(world, "sleeper", state);
        world.Thread("guest", () =>
        {
            pages.MoveEventIdx(memory, other);
            if (pages.Write(0, 6))
                bell.RingOpen(0, 6);
        });
        world.AtEnd(() => world.Check(state.Value == 6, "the guest's value was not taken"));
    }

    private static void MovedAndRung(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        ShadowPages pages = new(world), other = new(world, "other");
        pages.Use(memory);
        Bell bell = new(world, memory, isNative: true);
        world.Thread("switch", () => pages.MoveEventIdx(memory, other));
        world.Thread("ringer", () => bell.RingOpen(0, 6));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 6, "the value is lost"));
    }

    private static Action<World> Kicked(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        ShadowPages pages = new(world);
        pages.Use(memory);
        _ = new Sleeper(world, "sleeper", state);
        Litmus.Cell notified = new(world, "notification");
        world.Daemon("ioeventfd", () =>
        {
            while (true)
            {
                world.Await(notified.Address, default);
                bell.Kick(0);
            }
        });
        world.Guest("guest", () =>
        {
            for (uint value = 1; value <= 2; value++)
            {
                if (pages.Write(0, value))
                    notified.Exchange(1);
            }
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the guest's last value was not taken"));
    };
}
