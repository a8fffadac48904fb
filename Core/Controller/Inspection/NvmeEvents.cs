using System.Diagnostics.Tracing;
using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// The event source <c>NvmeDoorbell</c>: what guests did wrong, and what became of controllers. Events that a guest can
/// cause are let through <see cref="EventsPerSecond"/> times a second each.
/// </summary>
/// <remarks>Costs one load where nobody listens. Any thread.</remarks>
[EventSource(Name = "NvmeDoorbell")]
internal sealed class NvmeEvents : EventSource
{
    public const int EventsPerSecond = 20;

    public static readonly NvmeEvents Log = new();

    private readonly EventBudget _doorbells = new(EventsPerSecond);
    private readonly EventBudget _commands = new(EventsPerSecond);
    private readonly EventBudget _memory = new(EventsPerSecond);
    private readonly EventBudget _states = new(EventsPerSecond);

    private NvmeEvents()
    {
    }

    [NonEvent]
    public void ReportDoorbell(string serial, int doorbellId, AsynchronousEvent found)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None) && TryTake(_doorbells, nameof(InvalidDoorbell)))
            InvalidDoorbell(serial, doorbellId, found.Information);
    }

    [NonEvent]
    public void ReportCommand(string serial, int queueId, StatusCode status)
    {
        if (IsEnabled(EventLevel.Informational, EventKeywords.None) && TryTake(_commands, nameof(CommandFailed)))
            CommandFailed(serial, queueId, (int)status);
    }

    [NonEvent]
    public void ReportQueueMemory(string serial, int queueId)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None) && TryTake(_memory, nameof(QueueMemoryFault)))
            QueueMemoryFault(serial, queueId);
    }

    [NonEvent]
    public void ReportState(string serial, ControllerPhase phase)
    {
        if (IsEnabled(EventLevel.Informational, EventKeywords.None) && TryTake(_states, nameof(StateChanged)))
            StateChanged(serial, (int)phase);
    }

    /// <summary>A doorbell write was ignored. Reason: the information of the asynchronous event (Base 2.0, "Asynchronous
    /// Event Information - Error Status").</summary>
    [Event(1, Level = EventLevel.Warning, Message = "Controller {0}: doorbell {1} written wrongly, reason {2}")]
    private void InvalidDoorbell(string serial, int doorbell, int reason) => WriteEvent(1, serial, doorbell, reason);

    /// <summary>A command ended with a status other than success.</summary>
    [Event(2, Level = EventLevel.Informational, Message = "Controller {0}: a command of queue {1} failed, status {2}")]
    private void CommandFailed(string serial, int queue, int status) => WriteEvent(2, serial, queue, status);

    /// <summary>A queue's memory is not in the guest's memory map.</summary>
    [Event(3, Level = EventLevel.Warning, Message = "Controller {0}: the memory of queue {1} is gone")]
    private void QueueMemoryFault(string serial, int queue) => WriteEvent(3, serial, queue);

    /// <summary>A controller was enabled (1), began a reset (2), was disabled (0), or could not be enabled (3).</summary>
    [Event(4, Level = EventLevel.Informational, Message = "Controller {0}: state {1}")]
    private void StateChanged(string serial, int state) => WriteEvent(4, serial, state);

    /// <summary>Events of a name that were left out, because there were too many of them.</summary>
    [Event(5, Level = EventLevel.Warning, Message = "{1} events {0} left out")]
    private void LeftOut(string name, long count) => WriteEvent(5, name, count);

    [NonEvent]
    private bool TryTake(EventBudget budget, string name)
    {
        if (!budget.TryTake(Environment.TickCount64, out long leftOut))
            return false;
        if (leftOut != 0)
            LeftOut(name, leftOut);
        return true;
    }
}
