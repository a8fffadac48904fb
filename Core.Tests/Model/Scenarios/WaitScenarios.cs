using System.Runtime.CompilerServices;
using IDoorbellWait = System.Threading.Tasks.Sources.IValueTaskSource<NvmeDoorbell.Doorbells.DoorbellChange>;
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
        new("wait-cancel", "A wait, a ring and a cancellation: one of them ends it, once, and no change is lost", Cancel(ResumeOn.RingingThread)),
        new("wait-cancel-pool", "The same; the wait ends on the thread pool", Cancel(ResumeOn.ThreadPool)),
        new("wait-close", "A wait, a ring and a close", Close),
        new("wait-twice", "Two waits in a row, two rings, and a token of the first used on the second", Twice),
        new("wait-cancel-twice", "A cancelled wait, then one that cannot be cancelled: the first one's end does not reach it", CancelThenWait),
    ];

    private static Action<World> Ring(ResumeOn resumeOn) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 1 };
        state.ResumeOn = resumeOn;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1"], $"the wait ended: {waiter}"));
    };

    private static Action<World> Cancel(ResumeOn resumeOn) => world =>
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
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

    private static void Close(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Bell bell = new(world, memory, isNative: false);
        Waiter waiter = new(world, state) { Waits = 2 };
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => bell.Ring(0, 1));
        world.Thread("closer", () => memory.Close(0));
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1", "Closed"] or ["Closed", "Closed"], $"the waits ended: {waiter}"));
    }

    private static void Twice(World world)
    {
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
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
        Shipped.Begin(world);
        DoorbellMemory memory = Shipped.Doorbells(world, DoorbellBarrier.Asymmetric);
        DoorbellState state = Shipped.Open(world, memory, 0);
        Waiter waiter = new(world, state) { Waits = 2 };
        CancellationTokenSource source = new();
        world.Register(source, "cancellation");
        state.ResumeOn = ResumeOn.RingingThread;
        world.Thread("waiter", () => waiter.Begin(source.Token));
        world.Thread("canceller", source.Cancel);
        world.Thread("ringer", () => memory.Ring(0, 1));
        world.AtEnd(() => world.Check(
            waiter.Ends is ["Cancelled", "Ready 1"] or ["Ready 1"] or ["Ready 1", "Cancelled"],
            $"the waits ended: {waiter}"));
    }

    /// <summary>Waits some times in a row, the first time with a token, and notes how each wait ends.</summary>
    private sealed class Waiter(World world, DoorbellState state)
    {
        private ValueTaskAwaiter<DoorbellChange> _awaiter;
        private int _begun;

        public int Waits { get; init; }

        public bool UsesStaleTokens { get; init; }

        public List<string> Ends { get; } = [];

        public void Begin(CancellationToken token)
        {
            while (_begun < Waits)
            {
                _begun++;
                ValueTask<DoorbellChange> wait = state.WaitAsync(token);
                token = default;
                _awaiter = wait.GetAwaiter();
                if (UsesStaleTokens && Core(state).Version != 0)
                    UseStaleToken();
                if (!_awaiter.IsCompleted)
                {
                    _awaiter.UnsafeOnCompleted(OnEnd);
                    return;
                }

                End();
            }
        }

        public override string ToString() => Ends.Count == 0 ? "not at all" : string.Join(", ", Ends);

        private void OnEnd()
        {
            End();
            Begin(default);
        }

        private void End()
        {
            string end;
            try
            {
                DoorbellChange change = _awaiter.GetResult();
                end = change.Outcome == DoorbellPoll.Ready ? $"Ready {change.Value}" : $"{change.Outcome}";
            }
            catch (OperationCanceledException)
            {
                end = "Cancelled";
            }

            Ends.Add(end);
            world.Check(Ends.Count <= _begun, $"a wait ended twice: {this}");
        }

        /// <summary>Takes the result of the wait before this one: refused, and this one is not disturbed.</summary>
        private void UseStaleToken()
        {
            bool isRefused = false;
            try
            {
                ((IDoorbellWait)state).GetResult((short)(Core(state).Version - 1));
            }
            catch (InvalidOperationException)
            {
                isRefused = true;
            }

            world.Check(isRefused, "a stale token was taken");
        }

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_core")]
        private static extern ref ManualResetValueTaskSourceCore<DoorbellChange> Core(DoorbellState state);
    }
}
