using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>The reactor's loop: tasks that sleep, the ready list, the park word.</summary>
internal static class ReactorScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("reactor-ring", "A reactor that parks, against a ring by the C header", Ring(DoorbellBarrier.Asymmetric, isNative: true)),
        new("reactor-ring-symmetric", "The same by C#; ringers pay for their fences", Ring(DoorbellBarrier.Symmetric, isNative: false)),
        new("reactor-push", "Two threads push tasks on the ready list of a reactor that nobody runs", Push),
        new("reactor-two-wakes", "A reactor that parks, against two rings at once: two tasks, one rung by the C header", TwoWakes) { Bound = 2 },
        new("reactor-lent", "A reactor that parks, and a thread that takes its turns, against a ring", Lent) { Bound = 2 },
        new("reactor-lent-post", "The same against an action that is posted", LentAndPost),
        new("reactor-lent-dispose", "The same against the end of the reactor", LentAndDispose),
        new("reactor-lenders", "Two threads that run a lent reactor for a turn, against each other and a ring", Lenders) { Bound = 2 },
        new("reactor-drive", "Two threads that wait for something of a lent reactor's, which nobody runs but they", Drive),
        new("reactor-dispose", "Two threads end a reactor that parks", DisposeTwice),
        new("reactor-dispose-reused", "A reactor that parks is ended; then the next one with its cell wakes a task", DisposeAndReuse),
        new("reactor-stop-own", "A stop of a reactor that has a thread of its own: it goes on", StopOwn),
        new("reactor-claimed", "Two rings against one task: a sleep that is claimed is not taken back", Claimed) { Bound = 1 },
        new("reactor-post", "Two actions posted to a reactor that parks", Post),
        new("reactor-stop", "A lent reactor that parks, against its stop", Stop),
        new("reactor-remove", "A task is taken from its reactor while its doorbell rings", RemoveTask) { Bound = 1 },
        new("reactor-remove-reused", "The same; then the next user of its waker's cell sleeps, and is woken", RemoveTaskAndReuse) { Bound = 1 },
        new("reactor-wait", "A wait that resumes on a reactor, against a ring", Wait) { Bound = 1 },
        new("reactor-wait-twice", "Two waits in a row that resume on a reactor, and two rings", WaitTwice),
        new("reactor-wait-cancel", "A wait that resumes on a reactor, against a cancellation", WaitAndCancel) { Bound = 1 },
        new("reactor-wait-round", "A wait on a reactor, and a value that goes and comes back before another", WaitRound),
        new("reactor-wait-close", "The same against a close", WaitAndClose) { Bound = 1 },
        new("reactor-wait-lent", "A wait on a lent reactor, against turns that send its task to sleep, a close, and the task's end", WaitOnLent),
    ];

    private static Action<World> Ring(DoorbellBarrier barrier, bool isNative) => world =>
    {
        DoorbellMemory memory = Shipped.Begin(world, barrier, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        FollowingTask task = new(world, reactor, state);
        task.Start();
        Bell bell = new(world, memory, isNative);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => task.CheckTaken(1));
    };

    private static void Push(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric);
        DoorbellState first = Shipped.Open(world, memory, 0), second = Shipped.Open(world, memory, 1);
        Reactor reactor = Shipped.Reactor(world, ownThread: false);
        FollowingTask one = new(world, reactor, first), other = new(world, reactor, second);
        one.Start();
        other.Start();
        // A turn that takes them in, and one that sends them to sleep.
        reactor.Run(TimeSpan.Zero);
        reactor.Run(TimeSpan.Zero);
        world.Thread("first", () => memory.Ring(0, 1));
        world.Thread("second", () => memory.Ring(1, 2));
        world.AtEnd(() => reactor.Run(TimeSpan.Zero));
        world.AtEnd(() => one.CheckTaken(1));
        world.AtEnd(() => other.CheckTaken(2));
    }

    private static void TwoWakes(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric);
        DoorbellState first = Shipped.Open(world, memory, 0), second = Shipped.Open(world, memory, 1);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        FollowingTask one = new(world, reactor, first), other = new(world, reactor, second);
        one.Start();
        other.Start();
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(1, 2));
        world.AtEnd(() => one.CheckTaken(1));
        world.AtEnd(() => other.CheckTaken(2));
    }

    private static void Lent(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        FollowingTask task = new(world, reactor, state);
        task.Start();
        Bell bell = new(world, memory, isNative: false);
        world.Thread("borrower", () => Borrow(world, reactor));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => task.CheckTaken(1));
    }

    private static void Borrow(World world, Reactor reactor)
    {
        if (!reactor.TryTakeOver())
            return;
        reactor.HandBack(() => false);
        world.Check(!reactor.IsOwnThread, "who has given the reactor back is its thread still");
    }

    private static void LentAndPost(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        int ran = 0;
        world.Thread("borrower", () => Borrow(world, reactor));
        world.Thread("poster", () => reactor.Post(() =>
        {
            world.Check(reactor.IsOwnThread, "an action runs on a thread that is not the reactor's");
            ran++;
        }));
        world.AtEnd(() => world.Check(ran == 1, "the posted action did not run"));
    }

    private static void LentAndDispose(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        world.Thread("borrower", () => Borrow(world, reactor));
        world.Thread("owner", reactor.Dispose);
    }

    private static void Lenders(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: false);
        FollowingTask task = new(world, reactor, state);
        task.Start();
        Bell bell = new(world, memory, isNative: false);
        world.Thread("first", () => reactor.Run(TimeSpan.Zero));
        world.Thread("second", () => reactor.Run(TimeSpan.Zero));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() =>
        {
            // One that takes in what is new, and one for what the former has sent to sleep.
            world.Check(reactor.Run(TimeSpan.Zero) && reactor.Run(TimeSpan.Zero), "the reactor is run by nobody, and cannot be");
            task.CheckTaken(1);
        });
    }

    private static void Drive(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: false);
        Litmus.Cell first = new(world, "first done"), second = new(world, "second done");
        bool isRunning = false;
        Wait("first", first);
        Wait("second", second);

        void Wait(string name, Litmus.Cell done) => world.Thread(name, () =>
        {
            reactor.Post(() =>
            {
                world.Check(!isRunning && reactor.IsOwnThread, "two threads run the reactor at once");
                isRunning = true;
                done.Exchange(1);
                isRunning = false;
            });
            world.Check(reactor.Drive(() => done.Load() == 1, TimeSpan.FromDays(1)), "what is waited for does not come about");
        });
    }

    private static void DisposeTwice(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        world.Thread("first", reactor.Dispose);
        world.Thread("second", reactor.Dispose);
        world.AtEnd(() =>
        {
            Reactor one = Shipped.Reactor(world, ownThread: false), other = Shipped.Reactor(world, ownThread: false);
            world.Check(Shipped.CellOf(one) != Shipped.CellOf(other), "two reactors have one cell");
        });
    }

    private static void DisposeAndReuse(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Reactor old = Shipped.Reactor(world, ownThread: true);
        world.Thread("owner", () =>
        {
            old.Dispose();
            Reactor next = Shipped.Reactor(world, ownThread: false);
            FollowingTask task = new(world, next, state);
            task.Start();
            next.Run(TimeSpan.Zero);
            next.Run(TimeSpan.Zero);
            memory.Ring(0, 1);
            next.Run(TimeSpan.Zero);
            task.CheckTaken(1);
        });
    }

    private static void StopOwn(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        world.Thread("stopper", reactor.Stop);
    }

    private static void Claimed(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        FollowingTask task = new(world, Shipped.Reactor(world, ownThread: true), state);
        task.Start();
        Bell managed = new(world, memory, isNative: false), native = new(world, memory, isNative: true);
        world.Thread("first", () => managed.RingOpen(0, 1));
        world.Thread("second", () => native.RingOpen(0, 2));
        world.AtEnd(() => world.Check(!state.HasChanged, "lost wake-up: the task has not seen the last value"));
    }

    private static void Post(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        int ran = 0;
        world.Thread("first", () => reactor.Post(() => ran++));
        world.Thread("second", () => reactor.Post(() => ran++));
        world.AtEnd(() => world.Check(ran == 2, $"{ran} of 2 posted actions ran"));
    }

    private static void Stop(World world)
    {
        Shipped.Begin(world);
        Reactor reactor = Shipped.Reactor(world, ownThread: false);
        world.Thread("lender", () => reactor.Run(TimeSpan.FromMilliseconds(-1)));
        world.Thread("stopper", reactor.Stop);
    }

    private static void RemoveTask(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        FollowingTask task = new(world, reactor, state);
        task.Start();
        Bell bell = new(world, memory, isNative: true);
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("remover", () =>
        {
            task.Dispose();
            task.IsGone = true;
        });
    }

    private static void RemoveTaskAndReuse(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric);
        DoorbellState first = Shipped.Open(world, memory, 0), second = Shipped.Open(world, memory, 1);
        FollowingTask task = new(world, Shipped.Reactor(world, ownThread: true), first);
        task.Start();
        Bell bell = new(world, memory, isNative: true);
        int calls = 0;
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.Thread("remover", () =>
        {
            task.Dispose();
            task.IsGone = true;
            Waker next = Waker.FromCallback(_ => calls++, null);
            if (second.Poll(next, out _) == DoorbellPoll.Pending)
                memory.Ring(1, 3);
            world.Check(calls == 1, $"one sleep, {calls} calls");
        });
    }

    private static void Wait(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        state.ResumeOnReactor(reactor);
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("ringer", () => bell.RingOpen(0, 1));
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1"], $"the wait ended: {waiter}"));
    }

    private static void WaitTwice(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        state.ResumeOnReactor(Shipped.Reactor(world, ownThread: true));
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 2 };
        waiter.Begin(default);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1", "Ready 2"] or ["Ready 2"], $"the waits ended: {waiter}"));
    }

    private static void WaitAndCancel(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        state.ResumeOnReactor(Shipped.Reactor(world, ownThread: true));
        Waiter waiter = new(world, state) { Waits = 1 };
        CancellationTokenSource source = new();
        world.Register(source, "cancellation");
        world.Thread("waiter", () => waiter.Begin(source.Token));
        world.Thread("canceller", source.Cancel);
        world.AtEnd(() => world.Check(waiter.Ends is ["Cancelled"], $"the wait ended: {waiter}"));
    }

    private static void WaitRound(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        state.ResumeOnReactor(Shipped.Reactor(world, ownThread: true));
        Bell bell = new(world, memory, isNative: true);
        Waiter waiter = new(world, state) { Waits = 1 };
        waiter.Begin(default);
        world.Thread("ringer", () =>
        {
            bell.RingOpen(0, 1);
            bell.RingOpen(0, 0);
            bell.RingOpen(0, 2);
        });
        world.AtEnd(() => world.Check(waiter.Ends is ["Ready 1"] or ["Ready 2"], $"the wait ended: {waiter}"));
    }

    private static void WaitAndClose(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Asymmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: true);
        state.ResumeOnReactor(reactor);
        Waiter waiter = new(world, state) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("closer", () => memory.Close(0));
        world.AtEnd(() => world.Check(waiter.Ends is ["Closed"], $"the wait ended: {waiter}"));
        world.AtEnd(() => world.Check(reactor.TaskCount == 0, "the wait's task outlives the doorbell"));
    }

    private static void WaitOnLent(World world)
    {
        DoorbellMemory memory = Shipped.Begin(world, DoorbellBarrier.Symmetric, out DoorbellState state);
        Reactor reactor = Shipped.Reactor(world, ownThread: false);
        state.ResumeOnReactor(reactor);
        reactor.Run(TimeSpan.Zero); // takes the wait's task in
        Waiter waiter = new(world, state) { Waits = 1 };
        world.Thread("waiter", () => waiter.Begin(default));
        world.Thread("lender", () =>
        {
            reactor.Run(TimeSpan.Zero);
            memory.Close(0);
            reactor.Run(TimeSpan.Zero);
        });
        world.AtEnd(() => world.Check(waiter.Ends is ["Closed"], $"the wait ended: {waiter}"));
    }
}
