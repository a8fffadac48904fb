using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Doorbells alone".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class DoorbellsExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_create")]
    public static int Create(DoorbellsConfig* config, ulong* doorbells, void** view) =>
        DoorbellsCalls.Create(config, doorbells, view);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_open")]
    public static int Open(ulong doorbells, uint id, uint limit) => DoorbellsCalls.Open(doorbells, id, limit);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_close")]
    public static int Close(ulong doorbells, uint id) => DoorbellsCalls.Close(doorbells, id);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_ring")]
    public static int Ring(ulong doorbells, uint id, uint value) => DoorbellsCalls.Ring(doorbells, id, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_poll")]
    public static int Poll(ulong doorbells, uint id, ulong waker, uint* value) =>
        DoorbellsCalls.Poll(doorbells, id, waker, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_set_shadow")]
    public static int SetShadow(ulong doorbells, void* shadow, void* eventIdx, nuint lengthBytes) =>
        DoorbellsCalls.SetShadow(doorbells, shadow, eventIdx, lengthBytes);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_doorbells_free")]
    public static int Free(ulong doorbells) => DoorbellsCalls.Free(doorbells);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_waker_create")]
    public static int CreateWaker(delegate* unmanaged<void*, void> wake, void* context, ulong* waker) =>
        DoorbellsCalls.CreateWaker(wake, context, waker);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_waker_free")]
    public static int FreeWaker(ulong waker) => DoorbellsCalls.FreeWaker(waker);
}
