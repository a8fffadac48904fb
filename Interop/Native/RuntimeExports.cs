using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Version and status".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class RuntimeExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_abi_version")]
    public static uint AbiVersion() => RuntimeCalls.AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_version")]
    public static byte* Version() => RuntimeCalls.Version();

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_status_text")]
    public static byte* StatusText(int status) => RuntimeCalls.StatusText(status);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_last_error")]
    public static nuint LastError(byte* buffer, nuint lengthBytes) => RuntimeCalls.CopyLastError(buffer, lengthBytes);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_runtime_get_stats")]
    public static int GetStats(RuntimeStats* stats) => RuntimeCalls.GetStats(stats);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_runtime_collect")]
    public static int Collect() => RuntimeCalls.Collect();
}
