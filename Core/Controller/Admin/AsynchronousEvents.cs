using NvmeDoorbell.Spec;

namespace NvmeDoorbell.Controller;

/// <summary>
/// Asynchronous Event Requests and the events that answer them (NVMe Base 2.0, "Asynchronous Event Request command").
/// </summary>
/// <remarks>
/// <para>Events are raised from any thread; all else is on the admin task's turn.</para>
/// <para>An event type is masked from its report until the log page that the report names has been read. A doorbell
/// error is reported if a request is outstanding and its type is not masked, else it is dropped; the other events wait
/// for a request.</para>
/// </remarks>
internal sealed partial class AsynchronousEvents
{
    /// <summary>How many requests may be outstanding: AERL + 1.</summary>
    public const int Limit = 4;

    private static readonly AsynchronousEvent[] Known =
    [
        AsynchronousEvent.InvalidDoorbellRegister,
        AsynchronousEvent.InvalidDoorbellWriteValue,
        AsynchronousEvent.DiagnosticFailure,
        AsynchronousEvent.ReliabilityDegraded,
        AsynchronousEvent.TemperatureThreshold,
        AsynchronousEvent.SpareBelowThreshold,
        AsynchronousEvent.NamespaceAttributeChanged,
        AsynchronousEvent.ReservationLogPageAvailable,
        AsynchronousEvent.SanitizeCompleted,
    ];

    // Of the events above, those that nobody is told of later.
    private const uint DoorbellErrors = 3;

    private readonly IAdminCompletion _completion;
    private readonly List<AdminCommand> _outstanding = new(Limit);
    private readonly LogPageId?[] _maskedUntilRead = new LogPageId?[8];
    private uint _raised;

    public AsynchronousEvents(IAdminCompletion completion) => _completion = completion;

    /// <summary>Requests that wait for an event.</summary>
    public int Outstanding => _outstanding.Count;

    /// <summary>Whether <see cref="Deliver"/> has something to look at.</summary>
    public bool HasRaised => Volatile.Read(ref _raised) != 0 && (_outstanding.Count > 0 || HasDroppable);

    private bool HasDroppable => (Volatile.Read(ref _raised) & DoorbellErrors) != 0;

    /// <summary>An event has happened. Any thread; the caller wakes the admin task.</summary>
    /// <returns>False: it is one that has been raised and is not looked at yet.</returns>
    public bool Raise(AsynchronousEvent asynchronousEvent)
    {
        uint bit = 1u << Array.IndexOf(Known, asynchronousEvent);
        return (Interlocked.Or(ref _raised, bit) & bit) == 0;
    }

    /// <summary>The Asynchronous Event Request command.</summary>
    public StatusCode? Request(AdminCommand command)
    {
        if (_outstanding.Count == Limit)
            return StatusCode.AsynchronousEventRequestLimitExceeded;
        _outstanding.Add(command);
        return null;
    }

    /// <summary>Ends an outstanding request early. False: there is none of that command identifier.</summary>
    public bool TryAbort(ushort commandId)
    {
        int index = _outstanding.FindIndex(command => command.Entry.CommandId == commandId);
        if (index < 0)
            return false;
        AdminCommand command = _outstanding[index];
        _outstanding.RemoveAt(index);
        _completion.Complete(command, StatusCode.AbortRequested);
        return true;
    }

    /// <summary>Answers requests with what has been raised.</summary>
    public void Deliver()
    {
        uint raised = Interlocked.Exchange(ref _raised, 0);
        for (int index = 0; raised >> index != 0; index++)
        {
            if ((raised >> index & 1) == 0)
                continue;
            AsynchronousEvent asynchronousEvent = Known[index];
            if (_maskedUntilRead[(int)asynchronousEvent.Type] is not null)
                continue; // the log page that is still to be read tells of it too
            if (_outstanding.Count > 0)
                Report(asynchronousEvent);
            else if ((DoorbellErrors >> index & 1) == 0)
                Interlocked.Or(ref _raised, 1u << index); // kept for the next request
        }
    }

    /// <summary>A log page has been read with Retain Asynchronous Event clear.</summary>
    public void OnLogPageRead(LogPageId page)
    {
        for (int type = 0; type < _maskedUntilRead.Length; type++)
        {
            if (_maskedUntilRead[type] == page)
                _maskedUntilRead[type] = null;
        }
    }

    /// <summary>A reset drops the requests without an answer, and the events.</summary>
    public void Reset()
    {
        _outstanding.Clear();
        Array.Clear(_maskedUntilRead);
        Interlocked.Exchange(ref _raised, 0);
    }

    private void Report(AsynchronousEvent asynchronousEvent)
    {
        AdminCommand command = _outstanding[0];
        _outstanding.RemoveAt(0);
        _maskedUntilRead[(int)asynchronousEvent.Type] = asynchronousEvent.LogPage;
        command.Result = asynchronousEvent.ToDword0();
        _completion.Complete(command, StatusCode.Success);
    }
}
