using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Faults on purpose".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class FaultExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_set_faults")]
    public static int SetDiskFaults(ulong controller, uint nsid, DiskFaults* faults) =>
        FaultCalls.SetDiskFaults(controller, nsid, faults);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_release_requests")]
    public static int ReleaseRequests(ulong controller, uint nsid) => FaultCalls.ReleaseRequests(controller, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_get_fault_stats")]
    public static int GetDiskFaultStats(ulong controller, uint nsid, DiskFaultStats* stats) =>
        FaultCalls.GetDiskFaultStats(controller, nsid, stats);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_set_interrupt_faults")]
    public static int SetInterruptFaults(ulong controller, InterruptFaults* faults) =>
        FaultCalls.SetInterruptFaults(controller, faults);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_release_interrupts")]
    public static int ReleaseInterrupts(ulong controller) => FaultCalls.ReleaseInterrupts(controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_get_interrupt_fault_stats")]
    public static int GetInterruptFaultStats(ulong controller, InterruptFaultStats* stats) =>
        FaultCalls.GetInterruptFaultStats(controller, stats);
}
