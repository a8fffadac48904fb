using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Guest memory".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class MemoryExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_memory_create")]
    public static int Create(ulong* memory) => MemoryCalls.Create(memory);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_memory_add")]
    public static int Add(ulong memory, ulong guestAddress, void* host, ulong lengthBytes, uint flags) =>
        MemoryCalls.Add(memory, guestAddress, host, lengthBytes, flags);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_memory_remove")]
    public static int Remove(ulong memory, ulong guestAddress, ulong lengthBytes, uint timeoutMs) =>
        MemoryCalls.Remove(memory, guestAddress, lengthBytes, timeoutMs);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_memory_free")]
    public static int Free(ulong memory) => MemoryCalls.Free(memory);
}
