using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Namespaces and disks".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class NamespaceExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_ram")]
    public static int AddRam(ulong controller, NamespaceConfig* config, uint* nsid) =>
        NamespaceCalls.AddRam(controller, config, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_null")]
    public static int AddNull(ulong controller, NamespaceConfig* config, uint* nsid) =>
        NamespaceCalls.AddNull(controller, config, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_file")]
    public static int AddFile(ulong controller, NamespaceConfig* config, byte* path, uint* nsid) =>
        NamespaceCalls.AddFile(controller, config, path, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_native")]
    public static int AddNative(ulong controller, NamespaceConfig* config, NativeDiskCallbacks* callbacks, uint* nsid) =>
        NamespaceCalls.AddNative(controller, config, callbacks, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_request_complete")]
    public static int Complete(ulong token, uint diskStatus) => NamespaceCalls.Complete(token, diskStatus);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_remove")]
    public static int Remove(ulong controller, uint nsid) => NamespaceCalls.Remove(controller, nsid);
}
