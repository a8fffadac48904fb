using System.Runtime.CompilerServices;
using NvmeDoorbell.Doorbells;
using NvmeDoorbell.Memory;
using NvmeDoorbell.Model.Engine;

namespace NvmeDoorbell.Model.Scenarios;

/// <summary>
/// The shipped types, set up for the model: their static pools begin anew with each execution, and their objects and native
/// cells have names, in traces and for what is learnt of them.
/// </summary>
internal static unsafe class Shipped
{
    private static readonly string[] SlotFields =
        [
            "home", "", "waker", "", "eventIdxAddress", "", "limit", "seen", "visitors", "looking", "carrying",
        ];

    /// <summary>First thing of every scenario.</summary>
    public static void Begin(World world)
    {
        Clear(world, WakerPool(null), "waker pool");
        Clear(world, ReactorPool(null), "reactor pool");
    }

    /// <summary>The same, and doorbells that the scenario is about.</summary>
    public static DoorbellMemory Begin(World world, DoorbellBarrier barrier, int count = 2)
    {
        Begin(world);
        return Doorbells(world, barrier, count);
    }

    /// <summary>The same, and the first of them open.</summary>
    public static DoorbellMemory Begin(World world, DoorbellBarrier barrier, out DoorbellState state)
    {
        DoorbellMemory memory = Begin(world, barrier);
        state = Open(world, memory, 0);
        return memory;
    }

    public static DoorbellMemory Doorbells(World world, DoorbellBarrier barrier, int count = 2)
    {
        DoorbellMemory memory = new(count, barrier: barrier);
        world.Register(memory, "doorbells");
        world.Register(Gate(memory), "doorbells' lock");
        world.Name(memory.NativeView, "count");
        world.Name(memory.NativeView + 4, "flags");
        for (int id = 0; id < count; id++)
        {
            nint slot = Slot(memory, id);
            for (int field = 0; field < SlotFields.Length; field++)
                world.Name(slot + field * 4, $"slot{id}.{SlotFields[field]}", 4);
            for (int cell = 0; cell < DoorbellSlot.CellCount; cell++)
                world.Name(slot + 64 + cell * 4, $"slot{id}.cell{cell}", 4);
        }

        return memory;
    }

    public static GuestMemory Guest(World world)
    {
        GuestMemory guest = new();
        world.Register(guest, "guest memory");
        world.Register(Gate(guest), "guest memory's lock");
        world.Register(RemovalGate(guest), "guest memory's removal lock");
        return guest;
    }

    public static nint Slot(DoorbellMemory memory, int id) =>
        memory.NativeView + DoorbellHeader.SizeBytes + id * DoorbellSlot.SizeBytes;

    public static DoorbellState Open(World world, DoorbellMemory memory, int id, uint limit = 16)
    {
        DoorbellState state = memory.Open(id, limit);
        world.Register(state, $"state{id}");
        return state;
    }

    /// <summary>A reactor that lets its tasks sleep and parks as soon as it can.</summary>
    public static Reactor Reactor(World world, bool ownThread)
    {
        Reactor reactor = new(new ReactorOptions { OwnThread = ownThread, Polling = ReactorPolling.Never, Name = "reactor" });
        world.Register(reactor, "reactor");
        world.Register(Gate(reactor), "reactor's lock");
        world.Register(Posts(reactor), "reactor's posts");
        nint cell = (nint)Cell(reactor);
        world.Name(cell, "reactor.ready", 8);
        world.Name(cell + 128, "reactor.park", 4);
        return reactor;
    }

    public static nint CellOf(Reactor reactor) => (nint)Cell(reactor);

    /// <summary>Names the waker's native cell.</summary>
    public static Waker Name(World world, Waker waker, string name)
    {
        nint cell = (nint)waker.Cell;
        world.Name(cell, $"{name}.state", 4);
        world.Name(cell + 32, $"{name}.next", 8);
        world.Name(cell + 40, $"{name}.waking", 4);
        return waker;
    }

    private static void Clear(World world, CellPool pool, string name)
    {
        FreeCells(pool).Clear();
        Blocks(pool).Clear();
        world.Register(PoolGate(pool), name);
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "Pool")]
    private static extern ref CellPool WakerPool(Waker? type);

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "Pool")]
    private static extern ref CellPool ReactorPool(Reactor? type);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_free")]
    private static extern ref Stack<nint> FreeCells(CellPool pool);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_blocks")]
    private static extern ref List<NativeBlock> Blocks(CellPool pool);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref Lock PoolGate(CellPool pool);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref Lock Gate(DoorbellMemory memory);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref Lock Gate(GuestMemory memory);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref Lock Gate(Reactor reactor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_posts")]
    private static extern ref ConcurrentQueue<Action> Posts(Reactor reactor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_cell")]
    private static extern ref ReactorCell* Cell(Reactor reactor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_removalGate")]
    private static extern ref Lock RemovalGate(GuestMemory memory);
}
