using System.Runtime.InteropServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Rings and sleeps against close, reset, dispose.</summary>
internal static unsafe class CloseScenarios
{
    private const DoorbellBarrier Asymmetric = DoorbellBarrier.Asymmetric;

    public static IEnumerable<Scenario> All =>
    [
        new("close-ring", "A close against a ring and a sleeper: it ends, and finds the doorbell closed", Close(DoorbellBarrier.Asymmetric, isNative: false)),
        new("close-ring-native", "The same, rung by the C header", Close(DoorbellBarrier.Asymmetric, isNative: true)),
        new("close-ring-symmetric", "The same; ringers pay for their fences", Close(DoorbellBarrier.Symmetric, isNative: false)),
        new("close-ring-shadow", "The same where the guest's page is the doorbell's home; nobody sleeps", CloseShadow(isNative: false)),
        new("close-ring-shadow-native", "The same, rung by the C header", CloseShadow(isNative: true)),
        new("close-posted", "A close against a sleeper and a ring that arrives late", Close(DoorbellBarrier.Asymmetric, isNative: false, isPosted: true)),
        new("reset-ring", "Close and open again, as a reset does, against a ring from before: the new queue never sees its value", Reset(isNative: false)),
        new("reset-ring-native", "The same, rung by the C header", Reset(isNative: true)),
        new("reset-limit", "Close and open again with a lower limit, against a ring from before, whose value is right for its queue", ResetLimit(isNative: false)),
        new("reset-limit-native", "The same, rung by the C header", ResetLimit(isNative: true)),
        new("reset-cells", "A queue that is made the seventeenth time begins at 0", ResetCells),
        new("open-ring", "A queue is created while its doorbell rings: a ring that is taken is not lost", OpenAndRing),
        new("reset-sleep", "Close and open again, with a new follower that sleeps while the old one still leaves", ResetWithSleepers),
        new("close-sleep", "A close against a sleeper alone; ringers pay for their fences", CloseAndSleep),
        new("dispose-ring", "The doorbells are disposed under a ring and a sleeper", Dispose(isNative: false)),
        new("dispose-ring-native", "The same, rung by the C header", Dispose(isNative: true)),
        new("dispose-waker", "A waker is disposed while doorbells ring: no call starts afterwards", DisposeWaker(isNative: false)),
        new("dispose-waker-native", "The same, rung by the C header", DisposeWaker(isNative: true)),
        new("dispose-waker-reused", "A ring of a waker's that is gone meets the next user of its cell: a spurious wake at most", ReuseWaker),
    ];

    private static Action<World> Close(DoorbellBarrier barrier, bool isNative, bool isPosted = false) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Bell bell = new(world, memory, isNative) { IsPosted = isPosted };
        Sleeper sleeper = new(world, "sleeper", state);
        sleeper.Thread.IsDaemon = false;
        RingAgainstClose(world, memory, bell);
    };

    private static Action<World> CloseShadow(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        Shipped.Open(world, memory, 0);
        new ShadowPages(world).Use(memory);
        RingAgainstClose(world, memory, new Bell(world, memory, isNative));
    };

    private static void RingAgainstClose(World world, DoorbellMemory memory, Bell bell)
    {
        world.Thread("ringer", () => world.Check(
            bell.Ring(0, 1) is RingResult.Ok or RingResult.Closed, "a ring that met the close was told that its value is wrong"));
        world.Thread("closer", () => memory.Close(0));
    }

    private static void CloseAndSleep(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric);
        Sleeper sleeper = new(world, "sleeper", Shipped.Open(world, memory, 0));
        sleeper.Thread.IsDaemon = false;
        world.Thread("closer", () => memory.Close(0));
    }

    private static Action<World> Reset(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        DoorbellState? next = null;
        world.Thread("ringer", () =>
        {
            RingResult result = bell.Ring(0, 1);
            // A ring that begins after the reset is the new queue's own.
            if (next is not null && result == RingResult.Ok)
                world.Note("the ring may have been for the new queue");
        });
        world.Thread("reset", () =>
        {
            memory.Close(0);
            next = Shipped.Open(world, memory, 0);
        });
        world.AtEnd(() => world.Check(next!.TryPoll(out uint value) != DoorbellPoll.Closed && value is 0 or 1, "the new queue is not open"));
    };

    private static Action<World> ResetLimit(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative);
        DoorbellState? next = null;
        world.Thread("ringer", () => bell.Ring(0, 9));
        world.Thread("reset", () =>
        {
            memory.Close(0);
            next = Shipped.Open(world, memory, 0, limit: 4);
        });
        world.AtEnd(() => world.Check(next!.TryPoll(out _) == DoorbellPoll.Pending, "the new queue has a value of the old one's"));
    };

    private static void ResetCells(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        for (int opening = 0; opening < DoorbellSlot.CellCount; opening++)
        {
            memory.Open(0, 16);
            memory.Ring(0, 7);
            memory.Close(0);
        }

        DoorbellState state = Shipped.Open(world, memory, 0);
        world.Thread("follower", () => world.Check(state.TryPoll(out _) == DoorbellPoll.Pending, "it begins elsewhere"));
    }

    private static void OpenAndRing(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        for (int opening = 0; opening < DoorbellSlot.CellCount; opening++)
        {
            memory.Open(0, 16);
            memory.Ring(0, 7);
            memory.Close(0);
        }

        DoorbellState? state = null;
        RingResult result = default;
        Bell bell = new(world, memory, isNative: true);
        world.Thread("ringer", () => result = bell.Ring(0, 3));
        world.Thread("opener", () => state = Shipped.Open(world, memory, 0));
        world.AtEnd(() => world.Check(
            state!.TryPoll(out uint value) == DoorbellPoll.Ready ? result == RingResult.Ok && value == 3 : result == RingResult.Closed,
            $"the ring came to {result}, the queue begins at {state.Value}"));
    }

    private static void ResetWithSleepers(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        memory.Ring(0, 5);
        state.TryPoll(out _);
        Sleeper old = new(world, "old", state);
        old.Thread.IsDaemon = false;
        Waker second = Shipped.Name(world, Waker.FromCallback(static _ => { }, null), "second");
        DoorbellState? next = null;
        int calls = 0;
        Waker waker = Shipped.Name(world, Waker.FromCallback(_ => calls++, null), "new");
        second.Dispose();
        world.Thread("reset", () =>
        {
            memory.Close(0);
            next = Shipped.Open(world, memory, 0);
            bool sleeps = next.Poll(waker, out _) == DoorbellPoll.Pending;
            int before = calls;
            memory.Ring(0, 0);
            world.Check(sleeps, "a new queue's tail is not 0");
            memory.Ring(0, 5);
            world.Check(calls == 1, $"the new follower was called {calls} times for one ring of news (before it {before})");
        });
    }

    private static Action<World> Dispose(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        Sleeper sleeper = new(world, "sleeper", state);
        sleeper.Thread.IsDaemon = false;
        world.Thread("ringer", () => bell.Ring(0, 1));
        world.Thread("disposer", () =>
        {
            memory.Dispose();
            world.Check(bell.Ring(0, 2) == RingResult.OutOfRange, "a ring after the end was taken");
        });
    };

    private static Action<World> DisposeWaker(bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative);
        // A cell, so that the callback's look at it is a step of its own, some time after the claim.
        Litmus.Cell gone = new(world, "waker gone");
        // Not by a handle of the collector's, which would keep the call from a waker that is gone.
        Waker waker = Shipped.Name(world, Waker.FromNative((nint)(delegate* unmanaged<nint, void>)&CheckNotGone, gone.Address), "waker");
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("owner", () =>
        {
            state.Poll(waker, out _);
            waker.Dispose();
            gone.Exchange(1);
        });
    };

    // SAFETY: called with the address of a cell of the arena.
    [UnmanagedCallersOnly]
    private static void CheckNotGone(nint gone) =>
        World.Current.Check(Volatile.Read(ref *(uint*)gone) == 0, "a waker called after its Dispose had returned");

    private static void ReuseWaker(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, Asymmetric);
        DoorbellState first = Shipped.Open(world, memory, 0), second = Shipped.Open(world, memory, 1);
        Bell bell = new(world, memory, isNative: true);
        Waker waker = Shipped.Name(world, Waker.FromCallback(static _ => { }, null), "waker");
        int calls = 0;
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("owner", () =>
        {
            first.Poll(waker, out _);
            waker.Dispose();
            // The same native cell, another task.
            Waker next = Waker.FromCallback(_ => calls++, null);
            if (second.Poll(next, out _) == DoorbellPoll.Pending)
                memory.Ring(1, 3);
            world.Check(second.TryPoll(out uint value) == DoorbellPoll.Ready && value == 3, "the value was not taken");
            world.Check(calls == 1, $"one sleep, {calls} calls");
        });
    }
}
