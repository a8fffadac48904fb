using NvmeDoorbell.Model.Engine;
using NvmeDoorbell.Model.Scenarios;

namespace NvmeDoorbell.Model.Litmus;

/// <summary>
/// More tests of the checker itself: how threads wait, and what it must report. Each names the failure that has to be found,
/// or none.
/// </summary>
internal static unsafe class CheckerScenarios
{
    public static IEnumerable<Scenario> All =>
    [
        new("checker-futex", "Store, wake; wait while unset: nothing is lost", FutexPark(store: true)),
        Fails("checker-futex-forgotten", "The waker forgets to store first: a wake before the sleep is lost", FutexPark(store: false), "lost wake-up"),
        new("checker-spurious-wake", "A sleep that ends for no reason, in a loop that looks again", SpuriousWake(looksAgain: true)),
        Fails("checker-spurious-wake-believed", "The same, where the sleeper does not look again", SpuriousWake(looksAgain: false), "went on too early"),
        new("checker-spin", "A waiting loop ends when what it looks at changes", Spin(stores: true)),
        Fails("checker-spin-forever", "A waiting loop whose cell nobody changes", Spin(stores: false), "turns for ever"),
        new("checker-locks", "Two locks, taken in one order", TwoLocks(sameOrder: true)),
        Fails("checker-locks-crossed", "Two locks, taken in both orders", TwoLocks(sameOrder: false), "deadlock"),
        new("checker-treiber", "A list that two threads push to and one takes from, whole", Treiber),
        Fails("checker-freed", "Freed memory is touched", Freed, "which is freed"),
        Fails("checker-late-store", "A store arrives after its memory was given back", LateStore, "arrives late"),
        Fails("checker-livelock", "Two threads that undo each other's work for ever", Livelock, "no end after"),
        Fails("checker-throws", "An exception leaves a thread", Throws, "on purpose"),
        new("checker-join", "A thread started by another ends before it is joined", Join),
    ];

    private static Scenario Fails(string name, string about, Action<World> build, string failure) =>
        new(name, about, build) { Failure = failure };

    private static Action<World> FutexPark(bool store) => world =>
    {
        Cell word = new(world, "word");
        world.Thread("sleeper", () =>
        {
            while (word.Load() == 0)
            {
                if (!world.FutexWait(word.Address, 0, default) || !store)
                    break;
            }
        });
        world.Thread("waker", () =>
        {
            if (store)
                word.Store(1);
            world.FutexWake(word.Address, 1, default);
        });
    };

    private static Action<World> SpuriousWake(bool looksAgain) => world =>
    {
        Cell word = new(world, "word");
        world.SpuriousWakes = 1;
        world.Thread("sleeper", () =>
        {
            do
                world.FutexWait(word.Address, 0, default);
            while (looksAgain && word.Load() == 0);
            world.Check(word.Load() == 1, "the sleeper went on too early");
        });
        world.Thread("waker", () =>
        {
            word.Exchange(1);
            world.FutexWake(word.Address, 1, default);
        });
    };

    private static Action<World> Spin(bool stores) => world =>
    {
        Cell flag = new(world, "flag");
        world.Thread("waits", () =>
        {
            SpinWait spinner = default;
            while (flag.Load() != 2)
                spinner.SpinOnce();
        });
        world.Thread("stores", () =>
        {
            flag.Store(1);
            if (stores)
                flag.Store(2);
        });
    };

    private static Action<World> TwoLocks(bool sameOrder) => world =>
    {
        object first = new(), second = new();
        world.Register(first, "first");
        world.Register(second, "second");
        world.Thread("one", () => TakeBoth(first, second));
        world.Thread("other", () => TakeBoth(sameOrder ? first : second, sameOrder ? second : first));
    };

    private static void TakeBoth(object outer, object inner)
    {
        lock (outer)
        {
            lock (inner)
            {
            }
        }
    }

    private static void Treiber(World world)
    {
        Cell head = new(world, "head");
        Cell[] next = [default, new(world, "next 1"), new(world, "next 2")];
        List<uint> taken = [];
        for (uint node = 1; node <= 2; node++)
        {
            uint pushed = node;
            world.Thread($"pushes {node}", () =>
            {
                uint old = head.Load();
                while (true)
                {
                    next[pushed].StoreRelaxed(old);
                    uint found = head.CompareExchange(pushed, old);
                    if (found == old)
                        break;
                    old = found;
                }
            });
        }

        void TakeAll()
        {
            for (uint node = head.Exchange(0); node != 0; node = next[node].Load())
                taken.Add(node);
        }

        world.Thread("takes", () =>
        {
            TakeAll();
            TakeAll();
        });
        world.AtEnd(() =>
        {
            TakeAll();
            world.Check(taken.Count == 2 && taken.Contains(1) && taken.Contains(2), $"taken: {string.Join(", ", taken)}");
        });
    }

    private static void Freed(World world)
    {
        Cell cell = new(world, "cell"), gone = new(world, "gone");
        world.Thread("frees", () =>
        {
            world.Free(cell.Address);
            gone.Store(1);
        });
        world.Thread("looks", () =>
        {
            if (gone.Load() == 1)
                cell.Load();
        });
    }

    private static void LateStore(World world)
    {
        Cell page = new(world, "page"), left = new(world, "left");
        world.Thread("stores", () =>
        {
            // In the weak order the second store may arrive first.
            page.StoreRelaxed(1);
            left.StoreRelaxed(1);
        });
        world.Thread("gives back", () =>
        {
            page.Load();
            if (left.Load() == 1)
                world.Revoke(page.Address, sizeof(uint));
        });
    }

    private static void Livelock(World world)
    {
        Cell cell = new(world, "cell");
        for (uint thread = 0; thread < 2; thread++)
        {
            uint mine = thread;
            world.Thread($"sets {thread}", () =>
            {
                while (true)
                    cell.CompareExchange(mine, 1 - mine);
            });
        }
    }

    private static void Throws(World world)
    {
        Cell cell = new(world, "cell");
        world.Thread("throws", () =>
        {
            if (cell.Load() == 1)
                throw new InvalidOperationException("on purpose");
        });
        world.Thread("stores", () => cell.Store(1));
    }

    private static void Join(World world)
    {
        Cell cell = new(world, "cell");
        world.Thread("starts", () =>
        {
            Thread started = new(() => cell.Store(1));
            started.Start();
            started.Join();
            world.Check(cell.Load() == 1, "the thread had not ended");
        });
        world.Thread("looks", () => cell.Load());
    }
}
