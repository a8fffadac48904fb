using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Pause, save, restore".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class MigrationExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_pause")]
    public static int Pause(ulong controller, uint timeoutMs) => MigrationCalls.Pause(controller, timeoutMs);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_start_pause")]
    public static int StartPause(ulong controller, delegate* unmanaged<void*, int, void> done, void* context) =>
        MigrationCalls.StartPause(controller, done, context);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_resume")]
    public static int Resume(ulong controller) => MigrationCalls.Resume(controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_save")]
    public static int Save(ulong controller, void* state, nuint lengthBytes, nuint* neededBytes) =>
        MigrationCalls.Save(controller, state, lengthBytes, neededBytes);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_restore")]
    public static int Restore(ulong controller, void* state, nuint lengthBytes) =>
        MigrationCalls.Restore(controller, state, lengthBytes);
}
