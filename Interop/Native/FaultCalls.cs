using NvmeDoorbell.Pci;
using NvmeDoorbell.Storage;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Faults on purpose: of the disk of a namespace, and of a controller's interrupts.</summary>
// SAFETY: the pointers are the caller's plans and results, checked for null; structs are copied by their own size.
internal static unsafe class FaultCalls
{
    public static int SetDiskFaults(ulong controller, uint nsid, DiskFaults* faults) => ForDisk(controller, nsid, disk =>
    {
        int status = Read(faults, out DiskFaultPlan plan);
        if (status == Status.Ok)
            disk.Plan = plan;
        return status;
    });

    public static int ReleaseRequests(ulong controller, uint nsid) => ForDisk(controller, nsid, static disk =>
    {
        disk.Release();
        return Status.Ok;
    });

    public static int GetDiskFaultStats(ulong controller, uint nsid, DiskFaultStats* stats) =>
        ForDisk(controller, nsid, disk =>
        {
            DiskFaultStats value = DiskFaultStats.From(disk.GetStatistics());
            return VersionedStruct.Write(stats, ref value);
        });

    public static int SetInterruptFaults(ulong controller, InterruptFaults* faults) =>
        ForInterrupts(controller, interrupts =>
        {
            int status = Read(faults, out InterruptFaultPlan plan);
            if (status == Status.Ok)
                interrupts.Plan = plan;
            return status;
        });

    public static int ReleaseInterrupts(ulong controller) => ForInterrupts(controller, static interrupts =>
    {
        interrupts.Release();
        return Status.Ok;
    });

    public static int GetInterruptFaultStats(ulong controller, InterruptFaultStats* stats) =>
        ForInterrupts(controller, interrupts =>
        {
            InterruptFaultStats value = InterruptFaultStats.From(interrupts.GetStatistics());
            return VersionedStruct.Write(stats, ref value);
        });

    public static int Read(DiskFaults* faults, out DiskFaultPlan plan)
    {
        plan = null!;
        int status = VersionedStruct.Read(faults, out DiskFaults value);
        if (status != Status.Ok)
            return status;
        if (value.Reserved != 0)
            return LastError.Set(Status.Argument, "The reserved field is not 0.");
        plan = value.ToPlan();
        return Status.Ok;
    }

    public static int Read(InterruptFaults* faults, out InterruptFaultPlan plan)
    {
        int status = VersionedStruct.Read(faults, out InterruptFaults value);
        plan = value.ToPlan();
        return status;
    }

    private static int ForDisk(ulong owner, uint nsid, Func<FaultyDisk, int> call)
    {
        try
        {
            using HandleUse<NamespaceOwner> use = SubsystemCalls.EnterOwner(owner);
            if (!use.TryGet(out NamespaceOwner? target))
                return use.Status;
            if (target.FindDisk(nsid) is not { } disk)
                return LastError.Set(Status.Range, "There is no namespace of that identifier.");
            return disk.Faults is { } faults
                ? call(faults)
                : LastError.Set(Status.State, "The namespace was added without faults.");
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }

    private static int ForInterrupts(ulong controller, Func<FaultyInterrupts, int> call)
    {
        try
        {
            using HandleUse<ControllerObject> use = ControllerCalls.Enter(controller);
            if (!use.TryGet(out ControllerObject? target))
                return use.Status;
            return target.Interrupts.Faults is { } faults
                ? call(faults)
                : LastError.Set(Status.State, "The controller was made without faults of its interrupts.");
        }
        catch (Exception e)
        {
            return LastError.From(e);
        }
    }
}
