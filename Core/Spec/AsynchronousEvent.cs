namespace NvmeDoorbell.Spec;

/// <summary>
/// An asynchronous event as it is reported in Dword 0 of an Asynchronous Event Request's completion. Base Specification
/// 2.0, "Asynchronous Event Request, Completion Queue Entry Dword 0" and the figures of its event information values.
/// </summary>
/// <param name="Type">Bits 2:0. Reported once, then masked until <paramref name="LogPage"/> is read.</param>
/// <param name="Information">Bits 15:8: which event of the type.</param>
/// <param name="LogPage">Bits 23:16: the log page that has more, and whose reading clears the event.</param>
public readonly record struct AsynchronousEvent(AsynchronousEventType Type, byte Information, LogPageId LogPage)
{
    /// <summary>Error 00h: a write to the doorbell of a queue that has not been created.</summary>
    public static AsynchronousEvent InvalidDoorbellRegister =>
        new(AsynchronousEventType.Error, 0x00, LogPageId.ErrorInformation);

    /// <summary>Error 01h: a doorbell value out of the queue's range or that overfills it.</summary>
    public static AsynchronousEvent InvalidDoorbellWriteValue =>
        new(AsynchronousEventType.Error, 0x01, LogPageId.ErrorInformation);

    /// <summary>Error 02h: a failure was found by diagnosis.</summary>
    public static AsynchronousEvent DiagnosticFailure =>
        new(AsynchronousEventType.Error, 0x02, LogPageId.ErrorInformation);

    /// <summary>Error 03h: an internal error of the device that persists.</summary>
    public static AsynchronousEvent PersistentInternalError =>
        new(AsynchronousEventType.Error, 0x03, LogPageId.ErrorInformation);

    /// <summary>Error 04h: an internal error of the device that has passed.</summary>
    public static AsynchronousEvent TransientInternalError =>
        new(AsynchronousEventType.Error, 0x04, LogPageId.ErrorInformation);

    /// <summary>Health 00h: NVM subsystem reliability has been compromised.</summary>
    public static AsynchronousEvent ReliabilityDegraded => new(AsynchronousEventType.Health, 0x00, LogPageId.Smart);

    /// <summary>Health 01h: a temperature is beyond its threshold.</summary>
    public static AsynchronousEvent TemperatureThreshold => new(AsynchronousEventType.Health, 0x01, LogPageId.Smart);

    /// <summary>Health 02h: available spare has fallen below its threshold.</summary>
    public static AsynchronousEvent SpareBelowThreshold => new(AsynchronousEventType.Health, 0x02, LogPageId.Smart);

    /// <summary>Notice 00h: namespaces were added, removed, or changed.</summary>
    public static AsynchronousEvent NamespaceAttributeChanged =>
        new(AsynchronousEventType.Notice, 0x00, LogPageId.ChangedNamespaces);

    /// <summary>I/O command specific 00h: a reservation log page is available.</summary>
    public static AsynchronousEvent ReservationLogPageAvailable =>
        new(AsynchronousEventType.IoCommandSpecific, 0x00, LogPageId.ReservationNotification);

    /// <summary>I/O command specific 01h: a sanitize operation has completed.</summary>
    public static AsynchronousEvent SanitizeCompleted =>
        new(AsynchronousEventType.IoCommandSpecific, 0x01, LogPageId.SanitizeStatus);

    /// <summary>The event as Dword 0 of the completion.</summary>
    public uint ToDword0() => ((uint)Type & 7) | ((uint)Information << 8) | ((uint)LogPage << 16);

    /// <summary>The event that Dword 0 of a completion reports.</summary>
    public static AsynchronousEvent FromDword0(uint dword0) =>
        new((AsynchronousEventType)(dword0 & 7), (byte)(dword0 >> 8), (LogPageId)(byte)(dword0 >> 16));
}
