using NvmeDoorbell.Interop.Native;

namespace NvmeDoorbell.Tests.Fuzz;

/// <content>Faults on purpose, asked for in any way.</content>
internal sealed unsafe partial class ExportScenario
{
    private static void Fill(FuzzRandom random, DiskFaults* faults) => *faults = new DiskFaults
    {
        Size = Size(random, sizeof(DiskFaults)),
        Seed = (uint)random.Next(),
        Fail = random.Below(4u),
        Stall = random.Below(4u),
        Never = random.Below(4u),
        Reserved = random.OneIn(16) ? 1u : 0,
    };

    private static void Fill(FuzzRandom random, InterruptFaults* faults) => *faults = new InterruptFaults
    {
        Size = Size(random, sizeof(InterruptFaults)),
        Refuse = random.Below(4u),
        Lose = random.OneIn(8) ? (uint)random.Odd() : 0,
    };

    private int CallFaults(FuzzRandom random)
    {
        ulong controller = Handle(random, HandleKind.Controller);
        uint nsid = random.OneIn(8) ? (uint)random.Odd() : random.Below(4u);
        bool isNull = random.OneIn(16);
        byte* bytes = stackalloc byte[StructBytes];
        new Span<byte>(bytes, StructBytes).Clear();
        switch (random.Below(6u))
        {
            case 0:
                Fill(random, (DiskFaults*)bytes);
                return FaultCalls.SetDiskFaults(controller, nsid, isNull ? null : (DiskFaults*)bytes);
            case 1:
                return FaultCalls.ReleaseRequests(controller, nsid);
            case 2:
                *(uint*)bytes = Size(random, sizeof(DiskFaultStats));
                return FaultCalls.GetDiskFaultStats(controller, nsid, isNull ? null : (DiskFaultStats*)bytes);
            case 3:
                Fill(random, (InterruptFaults*)bytes);
                return FaultCalls.SetInterruptFaults(controller, isNull ? null : (InterruptFaults*)bytes);
            case 4:
                return FaultCalls.ReleaseInterrupts(controller);
            default:
                *(uint*)bytes = Size(random, sizeof(InterruptFaultStats));
                return FaultCalls.GetInterruptFaultStats(controller, isNull ? null : (InterruptFaultStats*)bytes);
        }
    }
}
