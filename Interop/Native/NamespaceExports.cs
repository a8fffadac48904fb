using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Namespaces and disks".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class NamespaceExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_ram")]
    public static int AddRam(ulong owner, NamespaceConfig* config, uint* nsid) =>
        NamespaceCalls.AddRam(owner, config, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_null")]
    public static int AddNull(ulong owner, NamespaceConfig* config, uint* nsid) =>
        NamespaceCalls.AddNull(owner, config, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_file")]
    public static int AddFile(ulong owner, NamespaceConfig* config, byte* path, uint* nsid) =>
        NamespaceCalls.AddFile(owner, config, path, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_add_native")]
    public static int AddNative(ulong owner, NamespaceConfig* config, NativeDiskCallbacks* callbacks, uint* nsid) =>
        NamespaceCalls.AddNative(owner, config, callbacks, nsid);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_request_complete")]
    public static int Complete(ulong token, uint diskStatus) => NamespaceCalls.Complete(token, diskStatus);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_namespace_remove")]
    public static int Remove(ulong owner, uint nsid) => NamespaceCalls.Remove(owner, nsid);
}
