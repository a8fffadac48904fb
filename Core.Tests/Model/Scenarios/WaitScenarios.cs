using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>The awaitable face: rings against cancellation, close, and a second wait.</summary>
internal static class WaitScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("wait-ring", "A wait, and a ring: it ends once, on the ringer's thread", Ring(ResumeOn.RingingThread)),
        new("wait-ring-pool", "The same; the wait ends on the thread pool", Ring(ResumeOn.ThreadPool)),
        new("wait-ring-again", "A wait, and a ringer that rings twice: what comes after the wait's end is not taken by it", RingAgain),
        new("wait-cancel", "A wait, a ring and a cancellation: one of them ends it, once, and no change is lost", Cancel(ResumeOn.RingingThread)),
        new("wait-cancel-pool", "The same; the wait ends on the thread pool", Cancel(ResumeOn.ThreadPool)),
        new("wait-cancel-alone", "A wait and a cancellation: it ends; ringers pay for their fences", CancelAlone),
        new("wait-close", "A wait, a ring and a close", Close),
        new("wait-round", "A wait, and a value that goes and comes back before another: the wait sleeps on", Round),
        new("wait-overlap", "Two threads wait on one doorbell: one of them is refused", Overlap),
        new("wait-twice", "Two waits in a row, two rings, and a token of the first used on the second", Twice),
        new("wait-cancel-twice", "A cancelled wait, then one that cannot be cancelled: the first one's end does not reach it", CancelThenWait),
    ];

    private static Action<World> Ring(ResumeOn resumeOn) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 1 };
        state.ResumeOn = resumeOn;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1"], $"the wait ended: {waiter}"));
    };

    private static void RingAgain(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 1 };
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(
            waiter.Ends is ["Ready 2"] || (waiter.Ends is ["Ready 1"] && state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 2),
            $"the wait ended: {waiter}"));
    }

    private static Action<World> Cancel(ResumeOn resumeOn) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 1 };
        CancellationTokenSource source = new();
        world.Register(source, "cancellation");
        state.ResumeOn = resumeOn;
        world.Thread("waiter", () => waiter.Begin(source.Token));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("canceller", source.Cancel);
        world.AtEnd(() =>
        {
            bool isCancelled = waiter.Ends is ["Cancelled"];
            world.Check(isCancelled || waiter.Ends is ["Ready 1"], $"the wait ended: {waiter}");
            world.Check(!isCancelled || (state.TryPoll(out uint value) == DoorbellPoll.Ready && value == 1), "the change is lost");
        });
    };

    private static void CancelAlone(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Waiter waiter = new(world, state) { Waits = 1 };
        CancellationTokenSource source = new();
        world.Register(source, "cancellation");
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(source.Token));
        world.Thread("canceller", source.Cancel);
        world.AtEnd(() => world.Check(waiter.Ends is ["Cancelled"], $"the wait ended: {waiter}"));
    }

    private static void Close(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 2 };
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => bell.Ring(0, 1));
        world.Thread("closer", () => memory.Close(0));
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1", "Closed"] or ["Closed", "Closed"], $"the waits ended: {waiter}"));
    }

    private static void Round(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 0);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1"] or ["Ready 2"], $"the wait ended: {waiter}"));
    }

    private static void Overlap(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        int begun = 0, refused = 0;
        for (int thread = 0; thread < 2; thread++)
        {
            world.Thread($"waiter {thread}", () =>
            {
                try
                {
                    _ = state.WaitAsync();
                    begun++;
                }
                catch (InvalidOperationException)
                {
                    refused++;
                }
            });
        }

        world.AtEnd(() => world.Check(begun == 1 && refused == 1, $"{begun} waits began, {refused} were refused"));
    }

    private static void Twice(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 2, UsesStaleTokens = true };
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        // Where the first wait takes the second value at once, the second one goes on.
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1", "Ready 2"] or ["Ready 2"], $"the waits ended: {waiter}"));
    }

    private static void CancelThenWait(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Waiter waiter = new(world, state) { Waits = 2 };
        CancellationTokenSource source = new();
        world.Register(source, "cancellation");
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(source.Token));
        world.Thread("canceller", source.Cancel);
        world.Thread("ringer", () => memory.Ring(0, 1));
        world.AtEnd(() => world.Check(
            waiter.Ends is ["Cancelled", "Ready 1"] or ["Ready 1"],
            $"the waits ended: {waiter}"));
    }
}
