using System.Runtime.InteropServices;

namespace NvmeDoorbell.Interop.Native;

/// <summary>Exports of the header's part "Reactors".</summary>
// SAFETY: each passes on to a managed method, which says why it is safe.
internal static unsafe class ReactorExports
{
    [UnmanagedCallersOnly(EntryPoint = "nvmedb_reactor_create")]
    public static int Create(ReactorConfig* config, ulong* reactor) => ReactorCalls.Create(config, reactor);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_reactor_run")]
    public static int Run(ulong reactor, uint timeoutMs) => ReactorCalls.Run(reactor, timeoutMs);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_reactor_stop")]
    public static int Stop(ulong reactor) => ReactorCalls.Stop(reactor);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_reactor_get_stats")]
    public static int GetStats(ulong reactor, ReactorStats* stats) => ReactorCalls.GetStats(reactor, stats);

    [UnmanagedCallersOnly(EntryPoint = "nvmedb_reactor_free")]
    public static int Free(ulong reactor) => ReactorCalls.Free(reactor);
}
