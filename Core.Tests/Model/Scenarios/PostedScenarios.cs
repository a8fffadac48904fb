using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Register writes that arrive as messages, the guest having gone on meanwhile.</summary>
internal static class PostedScenarios
{
    private const DoorbellBarrier Asymmetric = DoorbellBarrier.Asymmetric;

    public static IEnumerable<Scenario> All =>
    [
        new("posted-guest", "A guest that keeps its page and whose register writes come late: no value goes back", Guest),
        new("posted-register", "A guest that has pages and writes its register alone: every value is stored", RegisterAlone),
        new("posted-switch", "The same against the switch that gives it the pages: it is not taken for one that keeps them", Switch),
        new("posted-in-switch", "One by who is woken from within that switch, of a doorbell that the switch has not finished with", InSwitch),
        new("posted-leave", "The same against the switch back; the pages are given back", Leave),
        new("posted-private", "A guest that has kept its page has none any more: what it posts is stored", Private),
        new("posted-limit", "Values out of limit and doorbells that are closed or out of range change nothing", OutOfLimit),
        new("posted-reopened", "A queue whose guest keeps its entry is made again, and its new guest does not", Reopened),
    ];

    private static void Guest(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        ShadowPages pages = new(world);
        pages.Use(memory);
        _ = new Sleeper(world, "sleeper", state) { Rises = true };
        Register register = new(world, bell, 0);
        world.Guest("guest", () =>
        {
            for (uint value = 1; value <= 2; value++)
            {
                if (pages.Write(0, value))
                    register.Write(value);
            }
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the guest's last value was not taken"));
    }

    private static void RegisterAlone(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        new ShadowPages(world).Use(memory);
        _ = new Sleeper(world, "sleeper", state) { Rises = true };
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(state.Value == 2, "the last value was not taken"));
    }

    private static void Switch(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        ShadowPages pages = new(world);
        bell.RingOpen(0, 1);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 2);
            bell.RingOpen(0, 3);
        });
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() =>
        {
            bell.RingOpen(0, 4);
            world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 4, "the last value is lost");
        });
    }

    private static void InSwitch(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState first = Shipped.Open(world, memory, 0), second = Shipped.Open(world, memory, 1);
        ShadowPages pages = new(world);
        memory.RingPosted(1, 2);
        memory.Ring(1, 1); // the page gets another value than what was posted
        Waker waker = Shipped.Name(world, Waker.FromCallback(_ => memory.RingPosted(1, 3), null), "waker");
        first.Poll(waker, out _);
        world.Thread("switch", () => pages.Use(memory));
        world.AtEnd(() => world.Check(second.TryPoll(out uint value) == DoorbellPoll.Ready && value == 3, "what was posted is lost"));
    }

    private static void Leave(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        ShadowPages pages = new(world);
        pages.Use(memory);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.Thread("switch", () =>
        {
            memory.UsePrivate();
            pages.Revoke();
        });
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 2, "the last value is lost"));
    }

    private static void Private(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Store(0, 2);
        bell.RingOpen(0, 1);
        memory.UsePrivate();
        world.Thread("ringer", () => bell.RingOpen(0, 3));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 3, "the last value is lost"));
    }

    private static void OutOfLimit(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0, limit: 4);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        world.Thread("ringer", () =>
        {
            world.Check(bell.Ring(0, 4) == RingResult.InvalidValue, "a value at the limit was taken");
            world.Check(bell.Ring(1, 1) == RingResult.Closed, "a closed doorbell was rung");
            world.Check(bell.Ring(2, 1) == RingResult.OutOfRange, "a doorbell that does not exist was rung");
        });
        world.AtEnd(() => world.Check(state.TryPoll(out _) == DoorbellPoll.Pending, "a refused write had an effect"));
    }

    private static void Reopened(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: false) { IsPosted = true };
        ShadowPages pages = new(world);
        pages.Use(memory);
        pages.Store(0, 5);
        bell.RingOpen(0, 4);
        memory.Close(0);
        DoorbellState state = Shipped.Open(world, memory, 0);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1, "the value is lost"));
    }
}
