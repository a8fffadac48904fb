using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>Regions of guest memory that go away while they are used, and come back.</summary>
internal static unsafe class RegionScenarios
{
    private const ulong Data = 0x20_0000;
    private const int LengthBytes = GuestMemory.PageBytes;

    public static IEnumerable<Scenario> All =>
    [
        new("region-turn", "A task's turn with a host address, against the removal of its region", Turn),
        new("region-transfer", "A transfer that outlives its turn, against the removal of its region", Transfer),
        new("region-transfer-busy", "A removal that gives up on a transfer, then one that waits for it", TransferThatIsWaitedForTwice),
        new("region-task", "A reactor's task that uses host addresses in its turns and looks, against the removal of the region", Task) { Bound = 1 },
        new("region-visit", "A copy from any thread, against the removal of its region", Visit),
        new("region-visits", "Two copies at once, against the removal of their region", Visits),
        new("region-visit-twice", "The same against two removals in a row", VisitAndTwoRemovals),
    ];

    private static void Turn(World world)
    {
        Region region = new(world);
        GuestMemoryUser user = region.User("user");
        world.Thread("task", () =>
        {
            for (int turn = 0; turn < 2; turn++)
            {
                user.Enter();
                region.TryTouch();
                user.Exit();
            }
        });
        world.Thread("removal", () => region.Remove());
    }

    private static void Transfer(World world)
    {
        Region region = new(world);
        GuestMemoryUser user = region.User("user");
        world.Thread("task", () =>
        {
            user.Enter();
            int transfer = user.BeginTransfer();
            bool isThere = region.TryFind(out nint host);
            user.Exit();
            if (isThere)
                Volatile.Write(ref *(uint*)host, 1u);
            user.EndTransfer(transfer);
        });
        world.Thread("removal", () => region.Remove());
    }

    private static void TransferThatIsWaitedForTwice(World world)
    {
        Region region = new(world);
        GuestMemoryUser user = region.User("user");
        user.Enter();
        int transfer = user.BeginTransfer();
        region.TryFind(out nint host);
        user.Exit();
        world.Check(region.Guest.RemoveRegion(Data, LengthBytes, TimeSpan.FromTicks(-1)) == GuestMemoryRemoval.Busy, "the removal does not wait");
        world.Thread("task", () =>
        {
            Volatile.Write(ref *(uint*)host, 1u);
            user.EndTransfer(transfer);
        });
        world.Thread("removal", () => region.Remove());
    }

    private static void Task(World world)
    {
        Region region = new(world);
        TouchingTask task = new(Shipped.Reactor(world, ownThread: true), region);
        task.Start();
        world.Thread("removal", () => region.Remove());
    }

    private static void Visit(World world)
    {
        Region region = new(world);
        world.Thread("visitor", () => region.Guest.TryReadUInt64(Data, out _));
        world.Thread("removal", () => region.Remove());
    }

    private static void Visits(World world)
    {
        Region region = new(world);
        world.Thread("visitor", () => region.Guest.TryReadUInt64(Data, out _));
        world.Thread("other visitor", () => region.Guest.TryReadUInt64(Data, out _));
        world.Thread("removal", () => region.Remove());
    }

    private static void VisitAndTwoRemovals(World world)
    {
        Region region = new(world);
        Region other = new(world, region.Guest, Data + LengthBytes);
        world.Thread("visitor", () =>
        {
            region.Guest.TryReadUInt64(Data + LengthBytes, out _);
            region.Guest.TryReadUInt64(Data, out _);
        });
        world.Thread("removal", () =>
        {
            region.Remove();
            other.Remove();
        });
    }

    /// <summary>Touches the region whenever its reactor calls it, and then sleeps.</summary>
    private sealed class TouchingTask(Reactor reactor, Region region) : ReactorTask(reactor, region.Guest)
    {
        protected override bool Turn()
        {
            region.TryTouch();
            return false;
        }

        protected override bool PrepareSleep()
        {
            region.TryTouch();
            return true;
        }

        protected override bool HasWork()
        {
            region.TryTouch();
            return false;
        }
    }

    /// <summary>A region of one page, which the guest has to itself once it has been removed.</summary>
    private sealed class Region
    {
        private readonly World _world;
        private readonly ulong _start;
        private readonly nint _host;

        public Region(World world, GuestMemory? guest = null, ulong start = Data)
        {
            _world = world;
            _start = start;
            Shipped.Begin(world);
            Guest = guest ?? Shipped.Guest(world);
            _host = world.Allocate(LengthBytes, LengthBytes);
            world.Name(_host, "region", LengthBytes);
            Guest.AddRegion(start, _host, LengthBytes);
        }

        public GuestMemory Guest { get; }

        public GuestMemoryUser User(string name)
        {
            GuestMemoryUser user = Guest.AddUser();
            _world.Register(user, name);
            return user;
        }

        public bool TryFind(out nint host) => Guest.TryTranslate(_start, sizeof(uint), GuestAccess.ReadWrite, out host);

        public void TryTouch()
        {
            if (TryFind(out nint host))
                Volatile.Write(ref *(uint*)host, 1u);
        }

        public void Remove()
        {
            GuestMemoryRemoval removal = Guest.RemoveRegion(_start, LengthBytes, TimeSpan.FromDays(1));
            _world.Check(removal == GuestMemoryRemoval.Removed, $"the region was not removed: {removal}");
            _world.Revoke(_host, LengthBytes);
        }
    }
}
