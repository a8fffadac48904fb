using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Fuzz;

/// <content>The calls, with arguments of any kind.</content>
internal sealed unsafe partial class ExportScenario
{
    /// <summary>Room for any struct that says of itself to be as large as one may be.</summary>
    private const int StructBytes = 4096;

    private static readonly uint[] Flags = [0, 1, 2, 3, uint.MaxValue];

    /// <summary>A size that some version might have, or none.</summary>
    private static uint Size(FuzzRandom random, int right) => random.OneIn(4) ? random.Below((uint)StructBytes + 8) : (uint)right;

    private int Create(FuzzRandom random, HandleKind kind)
    {
        byte* bytes = stackalloc byte[StructBytes];
        new Span<byte>(bytes, StructBytes).Clear();
        ulong handle = 0;
        ulong* place = random.OneIn(32) ? null : &handle;
        int status;
        switch (kind)
        {
            case HandleKind.Doorbells:
                var doorbells = (DoorbellsConfig*)bytes;
                doorbells->Size = Size(random, sizeof(DoorbellsConfig));
                doorbells->Count = random.OneIn(4) ? (uint)random.Odd() & 0xFFFF : 16;
                doorbells->Barrier = random.Below(4u);
                doorbells->Stride = random.OneIn(4) ? random.Below(10u) : 0;
                void* view;
                status = DoorbellsCalls.Create(doorbells, place, &view);
                break;
            case HandleKind.Waker:
                status = DoorbellsCalls.CreateWaker(random.OneIn(8) ? null : &Wake, null, place);
                break;
            case HandleKind.Memory:
                status = MemoryCalls.Create(place);
                break;
            case HandleKind.Reactor:
                var reactor = (ReactorConfig*)bytes;
                reactor->Size = Size(random, sizeof(ReactorConfig));
                reactor->Poll = random.Below(4u);
                reactor->Lent = random.Below(3u);
                reactor->PollMaxUs = 20;
                status = ReactorCalls.Create(reactor, place);
                break;
            default:
                status = CreateController(random, (ControllerConfig*)bytes, place);
                break;
        }
        return place is null ? status : Keep(random, kind, status, handle);
    }

    private int CreateController(FuzzRandom random, ControllerConfig* config, ulong* place)
    {
        ulong* reactors = stackalloc ulong[2];
        reactors[0] = Handle(random, HandleKind.Reactor);
        reactors[1] = Handle(random, HandleKind.Reactor);
        config->Size = Size(random, sizeof(ControllerConfig));
        config->AbiVersion = random.OneIn(16) ? (uint)random.Odd() : RuntimeCalls.AbiVersion;
        config->Memory = Handle(random, HandleKind.Memory);
        config->Reactors = random.OneIn(16) ? null : reactors;
        config->ReactorCount = random.Below(3u);
        config->MaxQueuePairs = random.OneIn(4) ? (uint)random.Odd() & 0xFFF : 4;
        config->MaxQueueEntries = random.OneIn(4) ? (uint)random.Odd() & 0xFFFF : 64;
        config->Flags = random.OneIn(4) ? random.Pick<uint>(Flags) : 0;
        config->Vectors = random.OneIn(4) ? (uint)random.Odd() & 0xFFF : 0;
        byte* more = stackalloc byte[StructBytes];
        new Span<byte>(more, StructBytes).Clear();
        Fill(random, (InterruptFaults*)more);
        config->InterruptFaults = random.OneIn(2) ? (InterruptFaults*)more : null;
        return ControllerCalls.Create(random.OneIn(16) ? null : config, place);
    }

    private int CallDoorbells(FuzzRandom random)
    {
        ulong doorbells = Handle(random, HandleKind.Doorbells);
        uint id = random.OneIn(8) ? (uint)random.Odd() : random.Below(16u);
        uint value;
        switch (random.Below(16u))
        {
            case 0:
                return DoorbellsCalls.Open(doorbells, id, random.OneIn(4) ? (uint)random.Odd() : 64);
            case 1 when random.OneIn(4):
                return DoorbellsCalls.Close(doorbells, id);
            case 2:
                var page = (byte*)_pages.Address + 4096 * random.Below(16);
                return random.OneIn(3)
                    ? DoorbellsCalls.SetShadow(doorbells, null, null, 0)
                    : DoorbellsCalls.SetShadow(doorbells, page, page + random.Below(4) * 2048, random.OneIn(4) ? (nuint)random.Below(4096u) : 2048);
            case < 8:
                return DoorbellsCalls.Poll(doorbells, id, random.OneIn(2) ? 0 : Handle(random, HandleKind.Waker),
                    random.OneIn(16) ? null : &value);
            default:
                return DoorbellsCalls.Ring(doorbells, id, random.OneIn(8) ? (uint)random.Odd() : random.Below(64u));
        }
    }

    private int CallMemory(FuzzRandom random)
    {
        ulong memory = Handle(random, HandleKind.Memory);
        ulong address = random.OneIn(4) ? random.Odd() : 4096ul * random.Below(64u);
        ulong length = random.OneIn(4) ? random.Below(65536u) : 4096ul * random.Below(8u);
        return random.OneIn(2)
            ? MemoryCalls.Remove(memory, address, length, 1000)
            : MemoryCalls.Add(memory, address, random.OneIn(16) ? null : (void*)(_pages.Address + 4096 * random.Below(32)), length,
                random.OneIn(4) ? random.Pick<uint>(Flags) : 0);
    }

    private int CallReactor(FuzzRandom random)
    {
        ulong reactor = Handle(random, HandleKind.Reactor);
        byte* bytes = stackalloc byte[StructBytes];
        new Span<byte>(bytes, StructBytes).Clear();
        *(uint*)bytes = Size(random, sizeof(ReactorStats));
        return random.Below(4u) switch
        {
            0 => ReactorCalls.Run(reactor, random.Below(2u)),
            1 => ReactorCalls.Stop(reactor),
            _ => ReactorCalls.GetStats(reactor, random.OneIn(16) ? null : (ReactorStats*)bytes),
        };
    }

    private int CallController(FuzzRandom random)
    {
        ulong controller = Handle(random, HandleKind.Controller);
        byte* bytes = stackalloc byte[2 * StructBytes];
        new Span<byte>(bytes, 2 * StructBytes).Clear();
        *(uint*)bytes = Size(random, sizeof(ControllerStats));
        ulong value;
        switch (random.Below(10u))
        {
            case 0:
                return ControllerAccessCalls.GetStats(controller, (ControllerStats*)bytes);
            case 1:
                return ControllerAccessCalls.ReadConfig(controller, (uint)random.Odd(), random.Below(6u), (uint*)&value);
            case 2:
                return ControllerAccessCalls.WriteConfig(controller, (uint)random.Odd(), random.Below(6u), (uint)random.Odd());
            case 3 when random.OneIn(16):
                return ControllerCalls.Reset(controller);
            case 4:
                return NamespaceCalls.Remove(controller, (uint)random.Odd());
            case 5:
                var config = (NamespaceConfig*)bytes;
                config->Size = Size(random, sizeof(NamespaceConfig));
                config->Nsid = random.Below(4u);
                config->BlockBytes = random.OneIn(4) ? (uint)random.Odd() : 512;
                config->LengthBytes = random.OneIn(4) ? random.Odd() & 0xFFFFFF : 1 << 16;
                uint nsid;
                var faults = (DiskFaults*)(bytes + StructBytes);
                Fill(random, faults);
                config->Faults = random.OneIn(2) ? faults : null;
                return random.OneIn(2)
                    ? NamespaceCalls.AddRam(controller, config, &nsid)
                    : NamespaceCalls.AddNull(controller, config, random.OneIn(8) ? null : &nsid);
            case 6:
                return NamespaceCalls.Complete(random.Odd(), random.Below(16u));
            case 7:
                return ControllerAccessCalls.SetEventFd(controller, random.Below(8u), random.OneIn(2) ? -1 : 1_000_000 + random.Below(100));
            case 8:
                return ControllerAccessCalls.ReadBar0(controller, random.Odd(), random.Below(10u), random.OneIn(16) ? null : &value);
            default:
                return ControllerAccessCalls.WriteBar0(controller, random.Odd() & 0x3FFF, random.OneIn(4) ? random.Below(10u) : 4, random.Odd());
        }
    }

    [System.Runtime.InteropServices.UnmanagedCallersOnly]
    private static void Wake(void* context)
    {
    }
}
