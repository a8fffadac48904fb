using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Controller".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class ControllerExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_create")]
    public static int Create(ControllerConfig* config, ulong* controller) => ControllerCalls.Create(config, controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_free")]
    public static int Free(ulong controller) => ControllerCalls.Free(controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_reset")]
    public static int Reset(ulong controller) => ControllerCalls.Reset(controller);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_bar0_size")]
    public static int GetBar0Size(ulong controller, ulong* lengthBytes) =>
        ControllerAccessCalls.GetBar0Size(controller, lengthBytes);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_bar0_read")]
    public static int ReadBar0(ulong controller, ulong offset, uint widthBytes, ulong* value) =>
        ControllerAccessCalls.ReadBar0(controller, offset, widthBytes, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_bar0_write")]
    public static int WriteBar0(ulong controller, ulong offset, uint widthBytes, ulong value) =>
        ControllerAccessCalls.WriteBar0(controller, offset, widthBytes, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_config_read")]
    public static int ReadConfig(ulong controller, uint offset, uint widthBytes, uint* value) =>
        ControllerAccessCalls.ReadConfig(controller, offset, widthBytes, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_config_write")]
    public static int WriteConfig(ulong controller, uint offset, uint widthBytes, uint value) =>
        ControllerAccessCalls.WriteConfig(controller, offset, widthBytes, value);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_doorbells")]
    public static int GetDoorbells(ulong controller, void** view) =>
        ControllerAccessCalls.GetDoorbells(controller, view);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_doorbell_page")]
    public static int GetDoorbellPage(ulong controller, void** host, ulong* lengthBytes) =>
        ControllerAccessCalls.GetDoorbellPage(controller, host, lengthBytes);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_set_eventfd")]
    public static int SetEventFd(ulong controller, uint vector, int fd) =>
        ControllerAccessCalls.SetEventFd(controller, vector, fd);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_set_health")]
    public static int SetHealth(ulong controller, uint kelvin, uint warnings) =>
        ControllerAccessCalls.SetHealth(controller, kelvin, warnings);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_get_stats")]
    public static int GetStats(ulong controller, ControllerStats* stats) =>
        ControllerAccessCalls.GetStats(controller, stats);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_controller_inspect")]
    public static int Inspect(ulong controller, byte* buffer, nuint lengthBytes, nuint* neededBytes) =>
        InspectionCalls.Inspect(controller, buffer, lengthBytes, neededBytes);
}
