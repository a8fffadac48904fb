using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Fuzz;

/// <summary>
/// The managed side of the C exports, used by embedders who free what others use, pass handles that are null, freed,
/// made up or of another kind, and structs of any size; beside one who does everything right.
/// </summary>
internal sealed partial class ExportScenario : Scenario
{
    private const int Places = 8;
    private const int Kinds = 5;

    private readonly GuardedPages _pages = new(256 << 10);

    /// <summary>Handles that all threads share and use without asking each other, some of them freed.</summary>
    private readonly ulong[] _handles = new ulong[Kinds * Places];

    private readonly int _handlesBefore = HandleTable.Shared.Count;
    private long _answers;
    private long _successes;

    public override IReadOnlyList<(string Name, Action<Worker> Step)> Companions => [("valid embedder", UseDoorbells)];

    public override string Summary => $"{_successes} of {_answers} calls succeeded";

    public override void Attack(Worker worker)
    {
        FuzzRandom random = worker.Random;
        worker.Doing = "calling an export";
        int status = random.Below(8u) switch
        {
            0 => Create(random, (HandleKind)(1 + random.Below(Kinds))),
            1 when random.OneIn(2) => Free(random, (HandleKind)(1 + random.Below(Kinds))),
            2 or 3 => CallDoorbells(random),
            4 => CallMemory(random),
            5 => random.OneIn(2) ? CallReactor(random) : CallFaults(random),
            _ => CallController(random),
        };
        Findings.Expect(status is <= Status.Pending and > Status.Internal, $"a call has answered {status} in {worker}");
        Interlocked.Increment(ref _answers);
        if (status >= 0)
            Interlocked.Increment(ref _successes);
        worker.Count();
    }

    public override void Finish()
    {
        // Controllers before what they use; what another call still holds is freed by the next round.
        for (int round = 0; round < 3; round++)
        {
            foreach (HandleKind kind in (HandleKind[])[HandleKind.Controller, HandleKind.Doorbells, HandleKind.Waker, HandleKind.Reactor, HandleKind.Memory])
            {
                for (int place = 0; place < Places; place++)
                {
                    ulong handle = _handles[Slot(kind, place)];
                    int status = Free(handle, kind);
                    Findings.Expect(status is Status.Ok or Status.Handle || round < 2, $"freeing a {kind} at last: {status}");
                }
            }
        }
        int left = HandleTable.Shared.Count - _handlesBefore;
        Findings.Expect(left == 0, $"leak: {left} handles are left");
        _pages.Dispose();
    }

    private static int Slot(HandleKind kind, int place) => ((int)kind - 1) * Places + place;

    private static int Free(ulong handle, HandleKind kind) => kind switch
    {
        HandleKind.Doorbells => DoorbellsCalls.Free(handle),
        HandleKind.Waker => DoorbellsCalls.FreeWaker(handle),
        HandleKind.Memory => MemoryCalls.Free(handle),
        HandleKind.Reactor => ReactorCalls.Free(handle),
        _ => ControllerCalls.Free(handle),
    };

    private int Free(FuzzRandom random, HandleKind kind) => Free(Handle(random, kind), kind);

    /// <summary>A handle: mostly of the kind that is wanted, and then maybe freed by now.</summary>
    private ulong Handle(FuzzRandom random, HandleKind kind) => random.Below(32u) switch
    {
        0 => 0,
        1 => random.Odd() & 0xFF_FFFF, // of no kind
        2 => Volatile.Read(ref _handles[random.Below(_handles.Length)]), // of any
        3 => Volatile.Read(ref _handles[Slot(kind, random.Below(Places))]) ^ 1ul << (48 + random.Below(16)),
        _ => Volatile.Read(ref _handles[Slot(kind, random.Below(Places))]),
    };

    /// <summary>Puts a new handle where an old one was, which is freed if it can be, and stays usable for others if not.</summary>
    private int Keep(FuzzRandom random, HandleKind kind, int status, ulong handle)
    {
        if (status != Status.Ok)
            return status;
        ref ulong place = ref _handles[Slot(kind, random.Below(Places))];
        ulong old = Volatile.Read(ref place);
        int freed = old == 0 ? Status.Ok : Free(old, kind);
        bool isFree = freed is Status.Ok or Status.Handle;
        if (!isFree || Interlocked.CompareExchange(ref place, handle, old) != old)
        {
            int back = Free(handle, kind); // nobody else has seen it
            Findings.Expect(back == Status.Ok, $"freeing a new {kind}: {back}");
        }
        return status;
    }

    /// <summary>Doorbells of its own, from creation to the end, whatever the others do.</summary>
    private unsafe void UseDoorbells(Worker worker)
    {
        worker.Doing = "valid embedder";
        FuzzRandom random = worker.Random;
        var config = new DoorbellsConfig { Size = (uint)sizeof(DoorbellsConfig), Count = 4 };
        ulong handle;
        void* view;
        Expect(Status.Ok, DoorbellsCalls.Create(&config, &handle, &view), "create");
        Expect(Status.Ok, DoorbellsCalls.Open(handle, 2, 64), "open");
        uint last = 0;
        for (int rings = random.Below(100); rings > 0; rings--)
        {
            uint value = random.Below(64u);
            uint seen;
            Expect(Status.Ok, DoorbellsCalls.Ring(handle, 2, value), "ring");
            int status = DoorbellsCalls.Poll(handle, 2, 0, &seen);
            Expect(value == last ? Status.Pending : Status.Ok, status, "poll");
            Findings.Expect(status != Status.Ok || seen == value, $"valid embedder: rung {value}, seen {seen}");
            last = value;
            worker.Count(2);
        }
        Expect(Status.Value, DoorbellsCalls.Ring(handle, 2, 64), "ring beyond the limit");
        Expect(Status.Ok, DoorbellsCalls.Close(handle, 2), "close");
        Expect(Status.Closed, DoorbellsCalls.Ring(handle, 2, 1), "ring when closed");
        Expect(Status.Ok, DoorbellsCalls.Free(handle), "free");
        Expect(Status.Handle, DoorbellsCalls.Free(handle), "free again");
        worker.Count();
    }

    private void Expect(int expected, int status, string what) =>
        Findings.Expect(status == expected, $"valid embedder: {what} has answered {status}, not {expected}");
}
