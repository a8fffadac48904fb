using System.Diagnostics.Tracing;

namespace NvmeDoorbell.Perf.Gate;

/// <summary>Marks in the child's event stream: what lies between them is counted.</summary>
[EventSource(Name = ProviderName)]
internal sealed class GateEvents : EventSource
{
    public const string ProviderName = "NvmeDoorbell-Perf";
    public const int BeginId = 1;
    public const int EndId = 2;

    public static readonly GateEvents Log = new();

    [Event(BeginId)]
    public void Begin() => WriteEvent(BeginId);

    [Event(EndId)]
    public void End() => WriteEvent(EndId);
}
