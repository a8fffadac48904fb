using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Subsystems".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class SubsystemExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_subsystem_create")]
    public static int Create(SubsystemConfig* config, ulong* subsystem) => SubsystemCalls.Create(config, subsystem);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_subsystem_free")]
    public static int Free(ulong subsystem) => SubsystemCalls.Free(subsystem);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_attach")]
    public static int Attach(ulong subsystem, uint nsid, ulong controller) =>
        SubsystemCalls.Attach(subsystem, nsid, controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_detach")]
    public static int Detach(ulong subsystem, uint nsid, ulong controller) =>
        SubsystemCalls.Detach(subsystem, nsid, controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_resize")]
    public static int Resize(ulong owner, uint nsid, ulong lengthBytes) =>
        NamespaceCalls.Resize(owner, nsid, lengthBytes);
}
