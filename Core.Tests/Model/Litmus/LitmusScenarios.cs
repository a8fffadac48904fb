using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model.Litmus;

/// <summary>
/// Tests of the checker itself: small programs whose outcomes the memory orders' definitions give. Each must reach every
/// allowed outcome and no other.
/// </summary>
internal static class LitmusScenarios
{
    private static readonly MemoryOrder[] AllOrders = [MemoryOrder.Sequential, MemoryOrder.Tso, MemoryOrder.Weak];

    public static IEnumerable<Scenario> All =>
    [
        Outcomes("litmus-store-buffering", "SB: both threads may miss the other's store unless stores arrive at once",
            StoreBuffering(fence: false), order => order == MemoryOrder.Sequential ? ["01", "10", "11"] : ["00", "01", "10", "11"]),
        Outcomes("litmus-store-buffering-fenced", "SB with full fences: one of the two sees the other",
            StoreBuffering(fence: true), _ => ["01", "10", "11"]),
        Outcomes("litmus-asymmetric-dekker", "SB with a fence on neither side but a process-wide barrier on one",
            AsymmetricDekker(guest: false), _ => ["01", "10", "11"]),
        Outcomes("litmus-asymmetric-dekker-guest", "The same with the plain side in another process, where the barrier does not reach",
            AsymmetricDekker(guest: true), order => order == MemoryOrder.Sequential ? ["01", "10", "11"] : ["00", "01", "10", "11"]),
        Outcomes("litmus-message-passing", "MP: a release store carries what came before it",
            MessagePassing(relaxed: false), _ => ["0-", "11"]),
        Outcomes("litmus-message-passing-relaxed", "MP with relaxed stores: in the weak order the flag may come first",
            MessagePassing(relaxed: true), order => order == MemoryOrder.Weak ? ["0-", "10", "11"] : ["0-", "11"]),
        Outcomes("litmus-load-buffering", "LB: loads are never later than stores after them",
            LoadBuffering, _ => ["00", "01", "10"]),
        Outcomes("litmus-independent-reads", "IRIW: two readers see two writers' stores in the same order",
            IndependentReads, _ => ["0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001", "1011", "1100", "1101", "1110", "1111"]),
        Outcomes("litmus-failed-exchange", "A compare-exchange that fails is a fence on x86 and none in the weak order",
            FailedExchange, order => order == MemoryOrder.Weak ? ["00", "01", "10", "11"] : ["01", "10", "11"]),
        Outcomes("litmus-increments", "Two interlocked increments each of two threads lose none", Increments, _ => ["4"]),
        Outcomes("litmus-lost-update", "Load, then store: an update may be lost", LostUpdate, _ => ["1", "2"]),
        Outcomes("litmus-own-store", "A thread sees its own store while it is under way", OwnStore, _ => ["1"]),
        Outcomes("litmus-lock", "Plain increments under a lock lose none", Lock, _ => ["2"]),
        Outcomes("litmus-choice", "Every way of every choice is taken", Choice, _ => ["00", "01", "02", "10", "11", "12"]),
    ];

    private static Scenario Outcomes(string name, string about, Action<World> build, Func<MemoryOrder, string[]> outcomes) =>
        new(name, about, build) { Orders = AllOrders, Outcomes = outcomes };

    private static Action<World> StoreBuffering(bool fence) => world =>
    {
        Cell x = new(world, "x"), y = new(world, "y");
        uint first = 9, second = 9;
        world.Thread("first", () =>
        {
            x.Store(1);
            if (fence)
                Interlocked.MemoryBarrier();
            first = y.Load();
        });
        world.Thread("second", () =>
        {
            y.Store(1);
            if (fence)
                Interlocked.MemoryBarrier();
            second = x.Load();
        });
        world.AtEnd(() => world.Result($"{first}{second}"));
    };

    private static Action<World> AsymmetricDekker(bool guest) => world =>
    {
        Cell x = new(world, "x"), y = new(world, "y");
        uint first = 9, second = 9;
        world.Thread("plain", () =>
        {
            x.Store(1);
            first = y.Load();
        }).IsGuest = guest;
        world.Thread("barrier", () =>
        {
            y.Store(1);
            Interlocked.MemoryBarrierProcessWide();
            second = x.Load();
        });
        world.AtEnd(() => world.Result($"{first}{second}"));
    };

    private static Action<World> MessagePassing(bool relaxed) => world =>
    {
        Cell data = new(world, "data"), flag = new(world, "flag");
        string seen = "";
        world.Thread("sender", () =>
        {
            if (relaxed)
            {
                data.StoreRelaxed(1);
                flag.StoreRelaxed(1);
            }
            else
            {
                data.StoreRelaxed(1);
                flag.Store(1);
            }
        });
        world.Thread("receiver", () => seen = flag.Load() == 0 ? "0-" : $"1{data.Load()}");
        world.AtEnd(() => world.Result(seen));
    };

    private static void LoadBuffering(World world)
    {
        Cell x = new(world, "x"), y = new(world, "y");
        uint first = 9, second = 9;
        world.Thread("first", () =>
        {
            first = x.Load();
            y.Store(1);
        });
        world.Thread("second", () =>
        {
            second = y.Load();
            x.Store(1);
        });
        world.AtEnd(() => world.Result($"{first}{second}"));
    }

    private static void IndependentReads(World world)
    {
        Cell x = new(world, "x"), y = new(world, "y");
        uint a = 9, b = 9, c = 9, d = 9;
        world.Thread("writes x", () => x.Store(1));
        world.Thread("writes y", () => y.Store(1));
        world.Thread("reads x, y", () =>
        {
            a = x.Load();
            b = y.Load();
        });
        world.Thread("reads y, x", () =>
        {
            c = y.Load();
            d = x.Load();
        });
        world.AtEnd(() => world.Result($"{a}{b}{c}{d}"));
    }

    private static void FailedExchange(World world)
    {
        Cell x = new(world, "x"), y = new(world, "y"), other = new(world, "other");
        uint first = 9, second = 9;
        world.Thread("first", () =>
        {
            x.Store(1);
            other.CompareExchange(2, 1);
            first = y.Load();
        });
        world.Thread("second", () =>
        {
            y.Store(1);
            Interlocked.MemoryBarrier();
            other.Load();
            second = x.Load();
        });
        world.AtEnd(() => world.Result($"{first}{second}"));
    }

    private static void Increments(World world)
    {
        Cell x = new(world, "x");
        for (int thread = 0; thread < 2; thread++)
        {
            world.Thread($"adds {thread}", () =>
            {
                for (int turn = 0; turn < 2; turn++)
                {
                    uint old = x.Load();
                    while (x.CompareExchange(old + 1, old) is var found && found != old)
                        old = found;
                }
            });
        }

        world.AtEnd(() => world.Result($"{x.Load()}"));
    }

    private static void LostUpdate(World world)
    {
        Cell x = new(world, "x");
        for (int thread = 0; thread < 2; thread++)
            world.Thread($"adds {thread}", () => x.Store(x.Load() + 1));
        world.AtEnd(() => world.Result($"{x.Load()}"));
    }

    private static void OwnStore(World world)
    {
        Cell x = new(world, "x");
        uint seen = 9;
        world.Thread("stores", () =>
        {
            x.Store(1);
            seen = x.Load();
        });
        world.Thread("looks", () => x.Load());
        world.AtEnd(() => world.Result($"{seen}"));
    }

    private static void Lock(World world)
    {
        object gate = new();
        int plain = 0;
        world.Register(gate, "gate");
        for (int thread = 0; thread < 2; thread++)
        {
            world.Thread($"adds {thread}", () =>
            {
                lock (gate)
                    plain++;
            });
        }

        world.AtEnd(() => world.Result($"{plain}"));
    }

    private static void Choice(World world)
    {
        int first = 9, second = 9;
        world.Thread("first", () => first = world.Choose(2));
        world.Thread("second", () => second = world.Choose(3));
        world.AtEnd(() => world.Result($"{first}{second}"));
    }
}
